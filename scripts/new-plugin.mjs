import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { filesMatching } from "./lib/files.mjs";
import { inRoot } from "./lib/places.mjs";
import { runScript, say, ScriptError } from "./lib/say.mjs";

const TEMPLATE = "scripts/templates/plugin";
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

await runScript(async () => {
  const name = process.argv[2] ?? "";
  if (!NAME.test(name))
    throw new ScriptError(
      "Give the plugin a name of lower case words joined by -, as in: npm run new:plugin my-plugin",
      2,
    );
  const folder = inRoot("plugins", name);
  await mkdir(folder).catch((error) => {
    throw new ScriptError(
      error.code === "EEXIST" ? `plugins/${name} exists already; choose another name` : error.message,
      5,
    );
  });
  for (const file of await filesMatching(TEMPLATE, /./)) await fill(file, folder, name);
  say(`plugins/${name} is ready. Next: npm install, npm run up; then read docs/guides/write-a-plugin.md`);
});

/** Templates end in `.template`, so that no tool takes them for sources. Names are filled in files and file names. */
async function fill(file, folder, name) {
  const named = (text) =>
    text.replaceAll("__name__", name).replaceAll("__module__", name.replaceAll("-", "_"));
  const target = path.join(folder, named(path.posix.relative(TEMPLATE, file)).replace(/\.template$/, ""));
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, named(await readFile(inRoot(file), "utf8")));
}
