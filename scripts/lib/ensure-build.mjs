import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { linkCommands } from "./link-commands.mjs";
import { withLock } from "./lock.mjs";
import { CACHE, inRoot, ROOT, toolFile } from "./places.mjs";
import { runNode } from "./run.mjs";
import { keepSaying, say, ScriptError, seconds } from "./say.mjs";

/** Folders that hold what a build made, not what it is made of. */
const NOT_INPUT = new Set(["node_modules", "dist", "coverage", ".cache"]);
const PLUGIN_OUTPUT = /\.(js|d\.ts)(\.map)?$|\.tsbuildinfo$/;

/**
 * Compiles what has changed since the last build: the TypeScript projects, then the web panel.
 * `withTests` adds the projects that only tests need. Quiet when there is nothing to do.
 */
export async function ensureBuild({ withTests = false } = {}) {
  const parts = [typescriptPart(withTests), commandLinePart(), webPart()];
  const stale = await staleOf(parts);
  if (stale.length === 0) return;
  await withLock(async () => {
    for (const part of await staleOf(parts)) await build(part);
  });
}

function typescriptPart(withTests) {
  return {
    name: withTests ? "programs-and-test-kit" : "programs",
    title: "Compiling TypeScript",
    inputs: ["packages", "plugins", "tsconfig.json", "package-lock.json"],
    outputs: async () =>
      (await projects(withTests)).map((project) => path.join(project, buildInfoOf(project))),
    command: async () => [[toolFile("tsc"), "-b", ...(await projects(withTests))], ROOT],
    finish: linkCommands,
  };
}

function commandLinePart() {
  const packages = ["ctl", "factorio", "link", "node-kit", "protocol"].map((name) => `packages/${name}`);
  return {
    name: "ctl",
    title: "Bundling switchyardctl",
    inputs: [...packages, "scripts/bundle-ctl.mjs", "package-lock.json"],
    outputs: async () => [path.join("packages", "ctl", "dist", "bundle", "main.js")],
    command: async () => [[inRoot("scripts", "bundle-ctl.mjs")], ROOT],
    finish: linkCommands,
  };
}

function webPart() {
  const folder = inRoot("web-ui");
  return {
    name: "web-ui",
    title: "Building the web panel",
    inputs: ["web-ui", "packages/protocol", "packages/link", "package-lock.json"],
    outputs: async () => [path.join("web-ui", "dist", "index.html")],
    isAbsent: () => !existsSync(path.join(folder, "index.html")),
    command: async () => [[toolFile("vite"), "build", "--logLevel", "warn"], folder],
  };
}

/** The references of the root tsconfig.json, without those that emit nothing to run and those that only tests need. */
async function projects(withTests) {
  const { references } = JSON.parse(await readFile(inRoot("tsconfig.json"), "utf8"));
  const leftOut = ["test", "web-ui", ...(withTests ? [] : ["packages/test-kit"])];
  return references.map((reference) => reference.path).filter((name) => !leftOut.includes(name));
}

function buildInfoOf(project) {
  return project === "plugins" ? ".tsbuildinfo" : "dist/.tsbuildinfo";
}

async function staleOf(parts) {
  const fresh = await Promise.all(parts.map((part) => part.isAbsent?.() || isFresh(part)));
  return parts.filter((_, index) => !fresh[index]);
}

async function isFresh(part) {
  if (!(await part.outputs()).every((file) => existsSync(inRoot(file)))) return false;
  const stamp = await readFile(stampFile(part), "utf8").catch(() => "");
  return stamp === (await fingerprint(part.inputs));
}

async function build(part) {
  const startedAtMs = Date.now();
  say(`${part.title} …`);
  const before = await fingerprint(part.inputs);
  const [args, cwd] = await part.command();
  const stopSaying = keepSaying("  still building");
  const { code } = await runNode(args, { cwd }).finally(stopSaying);
  if (code !== 0) throw new ScriptError(`${part.title} failed; see the errors above`);
  await part.finish?.();
  await mkdir(CACHE, { recursive: true });
  await writeFile(stampFile(part), before);
  say(`${part.title}: done in ${seconds(startedAtMs)}`);
}

function stampFile(part) {
  return path.join(CACHE, `build-${part.name}`);
}

/** A hash over names, sizes and times of all input files. */
async function fingerprint(inputs) {
  const hash = createHash("sha256");
  for (const input of inputs) {
    for (const file of await filesUnder(inRoot(input))) {
      const { size, mtimeMs } = await stat(file);
      hash.update(`${path.relative(ROOT, file)} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest("hex");
}

async function filesUnder(place) {
  const entries = await readdir(place, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return existsSync(place) ? [place] : [];
  const inPlugins = path.relative(ROOT, place).split(path.sep)[0] === "plugins";
  const lists = await Promise.all(
    entries.map((entry) => {
      if (entry.isDirectory())
        return NOT_INPUT.has(entry.name) ? [] : filesUnder(path.join(place, entry.name));
      return inPlugins && PLUGIN_OUTPUT.test(entry.name) ? [] : [path.join(place, entry.name)];
    }),
  );
  return lists.flat().sort();
}
