import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { format } from "prettier";
import { filesMatching, foldersIn } from "./lib/files.mjs";
import { inRoot } from "./lib/places.mjs";
import { configurationPage } from "./lib/reference/configuration.mjs";
import { errorsPage } from "./lib/reference/errors.mjs";
import { messagesPage } from "./lib/reference/messages.mjs";
import { runScript, say } from "./lib/say.mjs";

/**
 * Writes docs/reference from the sources; `--check` only compares. Run it through tsx with the condition
 * `@switchyard/source`, so that nothing has to be built: npm run reference.
 */
await runScript(async () => {
  const material = await readMaterial();
  const pages = {
    messages: messagesPage(material),
    errors: errorsPage(material),
    configuration: configurationPage(material),
  };
  const stale = [];
  for (const [name, text] of Object.entries(pages)) {
    const file = inRoot("docs", "reference", `${name}.md`);
    const wanted = await format(text, { parser: "markdown", printWidth: 110 });
    if ((await readFile(file, "utf8").catch(() => "")) !== wanted) stale.push([name, file, wanted]);
  }
  if (process.argv.includes("--check")) {
    for (const [name] of stale)
      say(`docs/reference/${name}.md is not what the code says; run: npm run reference`);
    return stale.length > 0 ? 1 : 0;
  }
  for (const [, file, wanted] of stale) await writeFile(file, wanted);
  say(
    stale.length > 0
      ? `Written: ${stale.map(([name]) => `${name}.md`).join(", ")}`
      : "docs/reference is up to date",
  );
});

async function readMaterial() {
  const protocol = await import("@switchyard/protocol");
  const plugins = [];
  for (const name of await foldersIn("plugins")) {
    if (existsSync(inRoot("plugins", name, "plugin.ts")))
      plugins.push((await import(inRoot("plugins", name, "plugin.ts"))).plugin);
  }
  const sources = [
    ...(await filesMatching("packages/protocol/src/messages", /(?<!\.test)\.ts$/)),
    ...(await filesMatching("plugins", /\/messages\.ts$/)),
  ];
  const comments = Object.assign({}, ...(await Promise.all(sources.map(readComments))));
  return { protocol, plugins, comments, programs: await readPrograms() };
}

/** The doc comment above each `export const`, by the name of the message that it declares. */
async function readComments(file) {
  const text = await readFile(inRoot(file), "utf8");
  const comments = {};
  for (const [, comment, name] of text.matchAll(
    /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export const \w+ = define\w+\(\{\s*name: "([^"]+)"/g,
  )) {
    comments[name] = (comment ?? "").replace(/^\s*\* ?/gm, "").trim();
  }
  return comments;
}

/** A program's settings are the one schema that its config.ts exports; a field without a description has a comment. */
async function readPrograms() {
  const programs = [];
  for (const name of ["controller", "host"]) {
    const file = inRoot("packages", name, "src", "config.ts");
    if (!existsSync(file)) continue;
    const schema = Object.values(await import(file)).find((exported) => exported?.properties);
    const meanings = Object.fromEntries(
      [...(await readFile(file, "utf8")).matchAll(/\/\*\* (.*?) \*\/\s*(\w+): Type/g)].map(
        ([, text, field]) => [field, text],
      ),
    );
    programs.push({ name, prefix: `SWITCHYARD_${name.toUpperCase()}`, schema, meanings });
  }
  return programs;
}
