import { ensureBuild } from "./lib/ensure-build.mjs";
import { ensureInstall } from "./lib/ensure-install.mjs";
import { inRoot } from "./lib/places.mjs";
import { runProgram } from "./lib/program.mjs";
import { runScript } from "./lib/say.mjs";

await runScript(async () => {
  await ensureInstall();
  await ensureBuild();
  return runProgram([inRoot("packages", "switchyard", "dist", "main.js"), "up", ...process.argv.slice(2)]);
});
