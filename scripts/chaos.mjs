import { ensureBuild } from "./lib/ensure-build.mjs";
import { ensureInstall } from "./lib/ensure-install.mjs";
import { inRoot, TSX } from "./lib/places.mjs";
import { runProgram } from "./lib/program.mjs";
import { runScript } from "./lib/say.mjs";

await runScript(async () => {
  await ensureInstall();
  await ensureBuild({ withTests: true });
  return runProgram([TSX, inRoot("test", "chaos", "main.ts"), ...process.argv.slice(2)]);
});
