import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { parseGameVersion } from "../game-version.js";
import { Personality } from "./personality.js";

export const DEFAULT_VERSION = "2.0.77";

/** Where the game reads and writes; absolute paths. */
export interface GamePaths {
  executable: string;
  config: string;
  readData: string;
  writeData: string;
  binaries: string;
}

export interface FindPathsOptions {
  /** The launcher of an install (`DIR/bin/x64/factorio`), or undefined when run as plain `factorio-sim`. */
  executable: string | undefined;
  mainScript: string;
  config: string | undefined;
  cwd: string;
}

/**
 * Follows config.ini as the game does (facts §1.3). Without an install the current directory is the write-data;
 * that is the simulator's own rule, because the game always has an install.
 */
export function findPaths(options: FindPathsOptions): GamePaths {
  const executable = options.executable ?? options.mainScript;
  const root = options.executable ? resolve(dirname(options.executable), "..", "..") : options.cwd;
  const config = options.config ? resolve(options.cwd, options.config) : join(root, "config", "config.ini");
  const ini = existsSync(config) ? readPathSection(readFileSync(config, "utf8")) : {};
  const expand = (value: string): string => {
    const replaced = value
      .replaceAll("__PATH__executable__", dirname(executable))
      .replaceAll("__PATH__system-read-data__", join(root, "data"))
      .replaceAll("__PATH__system-write-data__", root);
    return isAbsolute(replaced) ? resolve(replaced) : resolve(options.cwd, replaced);
  };
  return {
    executable,
    config,
    readData: ini["read-data"] ? expand(ini["read-data"]) : join(root, "data"),
    writeData: ini["write-data"] ? expand(ini["write-data"]) : root,
    binaries: resolve(dirname(executable), ".."),
  };
}

function readPathSection(text: string): Record<string, string> {
  const result: Record<string, string> = {};
  let section = "";
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    const header = /^\[(.+)\]$/.exec(line);
    if (header) section = header[1] ?? "";
    else if (section === "path" && line.includes("=") && !line.startsWith(";")) {
      const at = line.indexOf("=");
      result[line.slice(0, at).trim()] = line.slice(at + 1).trim();
    }
  }
  return result;
}

/** The version of the install's base data, then the environment, then the default. */
export function findPersonality(
  paths: Pick<GamePaths, "readData">,
  environmentVersion: string | undefined,
): Personality {
  const version = parseGameVersion(installedVersion(paths.readData) ?? environmentVersion ?? DEFAULT_VERSION);
  const fallback = parseGameVersion(DEFAULT_VERSION);
  const chosen = version ?? fallback;
  if (!chosen) throw new Error("unreachable: the default version parses");
  const expansion = existsSync(join(paths.readData, "space-age", "info.json"));
  return new Personality(
    chosen,
    expansion || (chosen.major >= 2 && !existsSync(join(paths.readData, "base"))),
  );
}

function installedVersion(readData: string): string | undefined {
  try {
    const info: unknown = JSON.parse(readFileSync(join(readData, "base", "info.json"), "utf8"));
    if (typeof info === "object" && info !== null && "version" in info && typeof info.version === "string")
      return info.version;
  } catch {
    // No install there: a plain `factorio-sim` run.
  }
  return undefined;
}
