import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { HELP_TEXT, versionText } from "../command-line/help.js";
import { ArgumentError, parseGameArguments, type GameOptions } from "../command-line/options.js";
import { StartFailure } from "../errors.js";
import { createMap } from "../saves/create-map.js";
import { hostMap } from "./host-map.js";
import { LockFile } from "./lock-file.js";
import { builtInMods, ModList } from "./mod-list.js";
import { findPaths, findPersonality, type GamePaths } from "./paths.js";
import type { Personality } from "./personality.js";
import { ServerLog } from "./server-log.js";
import { printBanner, printModLoading } from "./startup-lines.js";

/** What the game gets from its process. */
export interface GameProcess {
  args: readonly string[];
  /** The launcher of the install that was started, if it was one. */
  executable: string | undefined;
  mainScript: string;
  versionFromEnvironment: string | undefined;
  cwd: string;
  stdin: Readable;
  write: (text: string) => void;
  /** Registers for SIGINT and SIGTERM; returns the unsubscribe function. */
  onStopSignal: (listener: (signal: "SIGINT" | "SIGTERM") => void) => () => void;
}

/** One run of the game: everything a started one needs to go on. */
export interface GameRun {
  process: GameProcess;
  options: GameOptions;
  personality: Personality;
  paths: GamePaths;
  log: ServerLog;
  mods: Readonly<Record<string, string>>;
}

/** The whole life of the game's process; resolves with its exit code. */
export async function runGame(gameProcess: GameProcess): Promise<number> {
  let options: GameOptions;
  try {
    options = parseGameArguments(gameProcess.args);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    gameProcess.write(`${error.message}\n`);
    return 1;
  }
  const { cwd, mainScript } = gameProcess;
  const executable = options.executablePath ? resolve(cwd, options.executablePath) : gameProcess.executable;
  const paths = findPaths({ executable, mainScript, config: options.config, cwd });
  const personality = findPersonality(paths, gameProcess.versionFromEnvironment);
  if (options.mode.kind === "version") return print(gameProcess, versionText(personality), 0);
  if (options.mode.kind === "help") return print(gameProcess, HELP_TEXT, 0);
  if (options.mode.kind === "none") return print(gameProcess, HELP_TEXT, 1);
  const log = new ServerLog({ personality, write: gameProcess.write, startedAtMs: 0 });
  return withLock({ process: gameProcess, options, personality, paths, log, mods: {} });
}

async function withLock(run: GameRun): Promise<number> {
  const { log, paths, options, personality } = run;
  let lock: LockFile;
  try {
    lock = LockFile.acquire(paths.writeData);
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    // The running instance owns factorio-current.log, so this goes to stdout alone.
    printBanner(log, personality, paths, run.process.args);
    log.error("utilError", error.message);
    return 1;
  }
  try {
    log.openCurrentLog(paths.writeData, options.logRotation);
    if (options.consoleLog) log.openConsoleLog(resolve(run.process.cwd, options.consoleLog));
    return await withMods(run);
  } finally {
    lock.release();
    log.close();
  }
}

async function withMods(run: GameRun): Promise<number> {
  const { log, paths, options, personality } = run;
  const modDirectory = options.modDirectory
    ? resolve(run.process.cwd, options.modDirectory)
    : join(paths.writeData, "mods");
  const modList = new ModList(join(modDirectory, "mod-list.json"), builtInMods(personality, paths.readData));
  const mods = modList.active(personality);
  try {
    printBanner(log, personality, paths, run.process.args);
    printModLoading(log, personality, mods);
    if (options.mode.kind === "create") return await createMap({ ...run, mods }, options.mode.file);
    return await hostMap({ ...run, mods });
  } finally {
    modList.write();
  }
}

function print(gameProcess: GameProcess, text: string, code: number): number {
  gameProcess.write(`${text}\n`);
  return code;
}
