import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { findServers, type FoundServer, type ProcessMark } from "./process-table.js";
import {
  journalFile,
  listRunPlaces,
  livingProcess,
  placeRun,
  readRecord,
  type RunPlace,
  type RunRecord,
} from "./run-folder.js";
import { NO_PROGRESS } from "./run-progress.js";
import { configPath } from "./server-files.js";

/** A run that an agent before us began and did not see to its end. */
export interface LeftRun {
  place: RunPlace;
  record: RunRecord;
  /** Undefined when the server is gone and only its last lines are left to read. */
  process: ProcessMark | undefined;
}

/** A server with this instance's files that cannot be taken over. */
export interface StrayServer {
  pid: number;
  words: string;
}

export interface LeftRuns {
  /** Oldest first; at most one of them lives. */
  runs: LeftRun[];
  stray: StrayServer | undefined;
}

/**
 * What earlier agents left in a write directory. A server whose record is torn or lost is found in the process table by its
 * configuration file, and its journal by where its output goes.
 */
export function findLeftRuns(writeDirectory: string, journalDirectory?: string): LeftRuns {
  const running = findServers(configPath(resolve(writeDirectory)));
  const runs = listRunPlaces(writeDirectory).map((place) => leftRun(place, running, journalDirectory));
  const known = new Set(runs.map(({ process }) => process?.pid));
  let stray: StrayServer | undefined;
  for (const found of running) {
    if (known.has(found.mark.pid)) continue;
    const run = lostRun(writeDirectory, found);
    if (run) runs.push(run);
    else stray = describeStray(found);
  }
  return { runs, stray };
}

function leftRun(place: RunPlace, running: FoundServer[], journalDirectory: string | undefined): LeftRun {
  const record = readRecord(place);
  const living = livingProcess(record);
  if (record && living) return { place, record, process: living };
  const journal = record?.journal ?? journalFile(place, journalDirectory);
  const found = running.find(({ output }) => output === journal);
  const fallback = record ?? guessRecord(journal, found);
  return { place, record: found ? { ...fallback, process: found.mark } : fallback, process: found?.mark };
}

/** The record's folder is gone, but the journal is not. */
function lostRun(writeDirectory: string, found: FoundServer): LeftRun | undefined {
  const { output, mark } = found;
  if (output === undefined || !existsSync(output)) return undefined;
  const name = basename(output, ".log");
  const epoch = name === "journal" ? basename(resolve(output, "..")) : name;
  if (!/^[0-9a-z]{9}-[0-9a-f]{12}$/.test(epoch)) return undefined;
  return { place: placeRun(writeDirectory, epoch), record: guessRecord(output, found), process: mark };
}

/** From the command line, which the game was started with by us. A server that answers RCON is taken to be in game. */
function guessRecord(journal: string, found: FoundServer | undefined): RunRecord {
  const after = (flag: string): string => found?.arguments[found.arguments.indexOf(flag) + 1] ?? "";
  const has = (flag: string): boolean => found?.arguments.includes(flag) === true;
  return {
    format: 1,
    process: found?.mark ?? null,
    journal,
    savePath: has("--start-server") ? after("--start-server") : "",
    gamePort: has("--port") ? Number(after("--port")) : 0,
    rconPort: has("--rcon-bind") ? Number(after("--rcon-bind").split(":").at(-1)) : 0,
    rconPassword: has("--rcon-password") ? after("--rcon-password") : "",
    progress: { ...NO_PROGRESS, isInGame: found !== undefined, isRconReady: found !== undefined },
    note: null,
  };
}

function describeStray({ mark, output }: FoundServer): StrayServer {
  const why =
    output?.endsWith(" (deleted)") === true
      ? "the file that its output goes to was deleted"
      : "its output does not go to a journal of this agent";
  return {
    pid: mark.pid,
    words: `A server with this instance's files already runs as process ${mark.pid}, and it cannot be taken over: ${why}. Let it save and end with "kill -INT ${mark.pid}", then start the instance.`,
  };
}
