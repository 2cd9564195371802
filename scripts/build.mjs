import { ensureBuild } from "./lib/ensure-build.mjs";
import { ensureInstall } from "./lib/ensure-install.mjs";
import { runScript, say } from "./lib/say.mjs";

await runScript(async () => {
  await ensureInstall();
  await ensureBuild({ withTests: true });
  say("Everything is built");
});
