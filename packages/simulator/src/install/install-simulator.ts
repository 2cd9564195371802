import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SimulatorError } from "../errors.js";
import { formatGameVersion, parseGameVersion } from "../game-version.js";
import { DEFAULT_VERSION } from "../server/paths.js";
import { exampleFiles } from "./example-files.js";
import { launcherText } from "./launcher.js";

export interface InstallSimulatorOptions {
  /** Becomes a Factorio directory; existing files of an earlier install are replaced. */
  directory: string;
  /** The version of the game to stand in for; default 2.0.77. */
  version?: string;
}

export interface SimulatorInstall {
  directory: string;
  /** `bin/x64/factorio`, or `factorio.cmd` on Windows. */
  executable: string;
  version: string;
}

/** Makes a directory that managers take for a Factorio install and that runs this simulator. */
export function installSimulator(options: InstallSimulatorOptions): SimulatorInstall {
  const parsed = parseGameVersion(options.version ?? DEFAULT_VERSION);
  if (!parsed)
    throw new SimulatorError(
      "install-failed",
      `"${options.version}" is not a version like ${DEFAULT_VERSION}.`,
    );
  const version = formatGameVersion(parsed);
  const directory = resolve(options.directory);
  const isWindows = process.platform === "win32";
  const executable = join(directory, "bin", "x64", isWindows ? "factorio.cmd" : "factorio");
  try {
    for (const [name, content] of Object.entries(exampleFiles(parsed)))
      write(join(directory, "data", name), content);
    write(executable, launcherText({ executable, isWindows, mainScript: mainScript() }));
    chmodSync(executable, 0o755);
  } catch (error) {
    throw new SimulatorError(
      "install-failed",
      `The simulator cannot be installed in ${directory}: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return { directory, executable, version };
}

/** `main.js` of a build, `main.ts` when the sources run as they are. */
function mainScript(): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return fileURLToPath(new URL(`../main.${extension}`, import.meta.url));
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
