import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemErrorCode } from "../errors.js";
import { isAlive, type ProcessMark } from "./process-table.js";
import { NO_PROGRESS, type RunProgress } from "./run-progress.js";

/** What an agent that comes later needs to take a run over. The file holds a password: mode 0600. */
export interface RunRecord {
  format: 1;
  /** Null from just before the process begins until its id is known. */
  process: ProcessMark | null;
  journal: string;
  savePath: string;
  gamePort: number;
  rconPort: number;
  rconPassword: string;
  progress: RunProgress;
  /** Belongs to whoever started the server; JSON. */
  note: unknown;
}

export interface RunPlace {
  /** Names one run of one server for good; sorts by the time of the start. */
  epoch: string;
  /** `<write directory>/runs/<epoch>` */
  directory: string;
}

const RUNS = "runs";
const EPOCH = /^[0-9a-z]{9}-[0-9a-f]{12}$/;

/** The files of one run: record, offset, stdin and, unless it is kept elsewhere, the journal. */
export function placeRun(writeDirectory: string, epoch: string): RunPlace {
  return { epoch, directory: join(resolve(writeDirectory), RUNS, epoch) };
}

export function newEpoch(): string {
  return `${Date.now().toString(36).padStart(9, "0")}-${randomBytes(6).toString("hex")}`;
}

/** Oldest first. */
export function listRunPlaces(writeDirectory: string): RunPlace[] {
  try {
    const names = readdirSync(join(resolve(writeDirectory), RUNS));
    return names
      .filter((name) => EPOCH.test(name))
      .sort()
      .map((epoch) => placeRun(writeDirectory, epoch));
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

export function recordFile({ directory }: RunPlace): string {
  return join(directory, "run.json");
}

export function stdinFile({ directory }: RunPlace): string {
  return join(directory, "stdin");
}

export function offsetFile({ directory }: RunPlace): string {
  return join(directory, "offset");
}

/** In its own file system if `journalDirectory` says so; it is removed with the run. */
export function journalFile(place: RunPlace, journalDirectory: string | undefined): string {
  return journalDirectory === undefined
    ? join(place.directory, "journal.log")
    : join(resolve(journalDirectory), `${place.epoch}.log`);
}

/**
 * Replaces the record whole. Synchronous, so that it is never behind the offset that is saved after it. No fsync: an agent that
 * is killed leaves the page cache as it is, and when the machine goes down the server is gone too.
 */
export function writeRecord(place: RunPlace, record: RunRecord): void {
  const path = recordFile(place);
  mkdirSync(place.directory, { recursive: true });
  writeFileSync(`${path}.tmp`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

/** Undefined when it is missing, torn or of another format. */
export function readRecord(place: RunPlace): RunRecord | undefined {
  try {
    const value = JSON.parse(readFileSync(recordFile(place), "utf8")) as unknown;
    return isRecord(value) ? { ...value, progress: { ...NO_PROGRESS, ...value.progress } } : undefined;
  } catch {
    return undefined;
  }
}

export function removeRun(place: RunPlace, journal: string): void {
  rmSync(journal, { force: true });
  rmSync(place.directory, { recursive: true, force: true });
}

/** The process of a record, if it runs. */
export function livingProcess(record: RunRecord | undefined): ProcessMark | undefined {
  return record?.process && isAlive(record.process) ? record.process : undefined;
}

function isRecord(value: unknown): value is RunRecord {
  if (typeof value !== "object" || value === null) return false;
  const { format, process, journal, savePath, gamePort, rconPort, rconPassword } =
    value as Partial<RunRecord>;
  const hasProcess =
    process === null ||
    (typeof process === "object" &&
      Number.isInteger(process.pid) &&
      typeof process.startTime === "string" &&
      typeof process.bootId === "string");
  return (
    format === 1 &&
    hasProcess &&
    [journal, savePath, rconPassword].every((text) => typeof text === "string") &&
    [gamePort, rconPort].every((port) => Number.isInteger(port))
  );
}
