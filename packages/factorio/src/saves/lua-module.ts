import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FactorioError, fileError } from "../errors.js";
import { parseGameVersion } from "../versions.js";
import { parseVersionRange } from "./version-range.js";

/** A folder of Lua for the save, described by its module.json. */
export interface LuaModule {
  name: string;
  version: string;
  directory: string;
  /** Files added to event_handler as libraries, in this order. */
  load: string[];
  /** Files that are only required, after the `load` files of all modules. */
  require: string[];
  /** Module name → version range, as in version-range.ts: `*`, `1.2.3`, `^1.2.0`, `>= 1.0 <2.0`. */
  dependencies: Record<string, string>;
}

/** A file of a patched save, by its path below the save's root folder. */
export interface SaveFileContent {
  path: string;
  content: Buffer;
}

const MAX_FILES = 5000;
const MAX_MODULE_BYTES = 64 * 1024 * 1024;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
// Dots separate folders in the game's require, so a script's name may hold none.
const SCRIPT = /^(?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]+\.lua$/;
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_. -]*$/;

function invalid(directory: string, why: string, cause?: unknown): FactorioError {
  return new FactorioError("module-invalid", `The Lua module in ${directory} cannot be used: ${why}.`, {
    detail: { directory },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Reads and checks module.json. Refuses with module-invalid and says which field is wrong. */
export async function readLuaModule(directory: string): Promise<LuaModule> {
  const text = await readFile(join(directory, "module.json"), "utf8").catch((error: unknown) => {
    throw invalid(directory, "its module.json cannot be read", error);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(directory, "its module.json is not valid JSON", error);
  }
  if (!isRecord(json)) throw invalid(directory, "its module.json is not an object");
  const { name, version, load = [], require: requires = [], dependencies = {} } = json;
  if (typeof name !== "string" || !NAME.test(name))
    throw invalid(directory, '"name" must be letters, digits, - and _');
  if (typeof version !== "string" || !parseGameVersion(version))
    throw invalid(directory, '"version" must be like 1.2.3');
  if (!isScriptList(load))
    throw invalid(
      directory,
      '"load" must list .lua files by their path in the module, without dots in their names',
    );
  if (!isScriptList(requires))
    throw invalid(
      directory,
      '"require" must list .lua files by their path in the module, without dots in their names',
    );
  if (!isRecord(dependencies)) throw invalid(directory, '"dependencies" must be an object');
  const ranges: Record<string, string> = {};
  for (const [dependency, range] of Object.entries(dependencies)) {
    if (typeof range !== "string")
      throw invalid(directory, `the version range of "${dependency}" must be text`);
    if (!parseVersionRange(range))
      throw invalid(
        directory,
        `"${range}" is no version range for "${dependency}"; write one like "*", "1.2.3" or ">=1.2"`,
      );
    ranges[dependency] = range;
  }
  return { name, version, directory, load, require: requires, dependencies: ranges };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScriptList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string" && SCRIPT.test(item));
}

/**
 * The module's files as they lie in a save, sorted by path: `modules/<name>/…`, and `locale/<lang>/<name>-<file>` for
 * translations. Left out: tests, README files, hidden files. Symbolic links are refused: they could point anywhere.
 */
export async function moduleFiles(module: LuaModule): Promise<SaveFileContent[]> {
  const found = await walk(module).catch((error: unknown) => {
    throw fileError(error, "read", module.directory);
  });
  const paths = new Set(found.map((file) => file.path));
  for (const script of [...module.load, ...module.require]) {
    if (!paths.has(`modules/${module.name}/${script}`))
      throw invalid(module.directory, `${script} is named in module.json but is not there`);
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function walk(module: LuaModule): Promise<SaveFileContent[]> {
  const files: SaveFileContent[] = [];
  const folders = [""];
  let bytes = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await readdir(join(module.directory, folder))) {
      const relative = folder === "" ? name : `${folder}/${name}`;
      if (isLeftOut(name)) continue;
      if (!FILE_NAME.test(name))
        throw invalid(
          module.directory,
          `${relative} has characters in its name that saves cannot carry everywhere`,
        );
      const stats = await lstat(join(module.directory, relative));
      if (stats.isSymbolicLink()) throw invalid(module.directory, `${relative} is a symbolic link`);
      if (stats.isDirectory()) folders.push(relative);
      if (!stats.isFile()) continue;
      bytes += stats.size;
      if (bytes > MAX_MODULE_BYTES || files.length >= MAX_FILES)
        throw invalid(module.directory, "it is larger than a module may be");
      files.push({
        path: savePath(module.name, relative),
        content: await readFile(join(module.directory, relative)),
      });
    }
  }
  return files;
}

function isLeftOut(name: string): boolean {
  return /^(?:\.|readme(?:\.|$)|tests?$|node_modules$)|[._-]test\.lua$/i.test(name);
}

function savePath(module: string, relative: string): string {
  const [first, language, ...rest] = relative.split("/");
  if (first !== "locale" || language === undefined) return `modules/${module}/${relative}`;
  if (rest.length > 0) return `locale/${language}/${module}-${rest.join("-")}`;
  const whole = /^(.+)\.cfg$/.exec(language); // locale/en.cfg
  return whole ? `locale/${whole[1] ?? ""}/${module}.cfg` : `modules/${module}/${relative}`;
}
