import { open, readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { FactorioError, fileError, systemErrorCode } from "../errors.js";
import { compareGameVersions, formatGameVersion, parseGameVersion, type GameVersion } from "../versions.js";

/** One unpacked game (or the simulator laid out like one). All paths are absolute and free of links. */
export interface FactorioInstall {
  directory: string;
  executable: string;
  dataDirectory: string;
  version: GameVersion;
  isSimulator: boolean;
}

/** Linux and Windows tarball, macOS bundle; scripts stand for the binary in tests and in the simulator on Windows. */
const EXECUTABLES = [
  "bin/x64/factorio",
  "bin/x64/factorio.exe",
  "MacOS/factorio",
  "bin/x64/factorio.mjs",
  "bin/x64/factorio.cmd",
];
/** A folder made by the simulator says so with this file. */
const SIMULATOR_MARKS = ["data/switchyard-simulator.json", "switchyard-simulator.json"];
const CHANGELOG_START_BYTES = 4096;

/**
 * The installs at `directory`: itself, or one level below it (a folder of versions); links are followed. Newest first.
 * Refuses with install-not-found and, when the only candidates say no version, install-version-unknown.
 */
export async function findInstalls(directory: string): Promise<FactorioInstall[]> {
  const root = await realpath(directory).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") throw notFound(directory, "The folder does not exist");
    throw fileError(error, "open", directory);
  });
  const own = await readInstall(root);
  if (own) return [own];
  const names = await readdir(root).catch((error: unknown) => {
    throw fileError(error, "read", directory);
  });
  const installs: FactorioInstall[] = [];
  let unknown: FactorioError | undefined;
  for (const name of names.sort()) {
    try {
      const install = await readInstall(join(root, name));
      if (install) installs.push(install);
    } catch (error) {
      if (!(error instanceof FactorioError) || error.code !== "install-version-unknown") throw error;
      unknown = error; // one broken folder must not hide the others
    }
  }
  if (installs.length === 0) throw unknown ?? notFound(directory, "It holds no Factorio");
  return installs.sort((a, b) => compareGameVersions(b.version, a.version));
}

function notFound(directory: string, why: string): FactorioError {
  return new FactorioError(
    "install-not-found",
    `No Factorio in ${directory}: ${why}. Unpack the headless server there (the folder with bin/x64/factorio in it, or its parent).`,
    { detail: { directory } },
  );
}

async function readInstall(directory: string): Promise<FactorioInstall | undefined> {
  const executable = await firstFile(EXECUTABLES.map((path) => join(directory, path)));
  if (executable === undefined) return undefined;
  const real = await realpath(directory);
  // In the macOS bundle the data lies in a sibling folder of the same name.
  const dataDirectory = join(real, "data");
  const version = (await changelogVersion(dataDirectory)) ?? (await baseVersion(dataDirectory));
  if (!version) {
    throw new FactorioError(
      "install-version-unknown",
      `${real} looks like Factorio, but neither data/changelog.txt nor data/base/info.json tells its version. Unpack it again.`,
      { detail: { directory: real } },
    );
  }
  const isSimulator = (await firstFile(SIMULATOR_MARKS.map((path) => join(real, path)))) !== undefined;
  return {
    directory: real,
    executable: join(real, executable.slice(directory.length)),
    dataDirectory,
    version,
    isSimulator,
  };
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const stats = await stat(path).catch(() => undefined); // absent and unreadable are the same here
    if (stats?.isFile()) return path;
  }
  return undefined;
}

/** The first `Version: X.Y.Z` line; the newest version comes first. */
async function changelogVersion(dataDirectory: string): Promise<GameVersion | undefined> {
  const file = await open(join(dataDirectory, "changelog.txt"), "r").catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(CHANGELOG_START_BYTES),
      0,
      CHANGELOG_START_BYTES,
      0,
    );
    const line = /^version:(.*)$/im.exec(buffer.toString("utf8", 0, bytesRead));
    return parseGameVersion(line?.[1] ?? "");
  } finally {
    await file.close();
  }
}

async function baseVersion(dataDirectory: string): Promise<GameVersion | undefined> {
  try {
    const json: unknown = JSON.parse(await readFile(join(dataDirectory, "base", "info.json"), "utf8"));
    const version = typeof json === "object" && json !== null && "version" in json ? json.version : undefined;
    return typeof version === "string" ? parseGameVersion(version) : undefined;
  } catch {
    return undefined; // reported as a version that nobody tells
  }
}

/** `wanted`: "latest", a beginning ("2.0": its newest) or a whole version ("2.0.77"). Refuses with install-not-found. */
export function selectInstall(installs: readonly FactorioInstall[], wanted: string): FactorioInstall {
  const newestFirst = [...installs].sort((a, b) => compareGameVersions(b.version, a.version));
  const fits = (install: FactorioInstall): boolean => {
    const version = formatGameVersion(install.version);
    return wanted === "latest" || version === wanted || version.startsWith(`${wanted}.`);
  };
  const found = newestFirst.find(fits);
  if (found) return found;
  const have = newestFirst.map((install) => formatGameVersion(install.version)).join(", ") || "none";
  throw new FactorioError(
    "install-not-found",
    `There is no Factorio ${wanted} here (installed: ${have}). Install it, or ask for one of those.`,
    { detail: { wanted } },
  );
}
