import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { AppError } from "@switchyard/protocol";
import { explainSystemError } from "./system-errors.js";

interface LockOwner {
  pid: number;
  /** Tells a process from a later one with the same id; empty where the system does not say. */
  startTime: string;
}

export interface LockFile {
  release(): void;
}

/** How long another process is given to finish taking over a stale lock. */
const TAKE_OVER_PATIENCE_MS = 20;
const ATTEMPTS = 50;

/**
 * Takes `path` for this process, so that two programs never work on the same folder. A lock whose process is gone
 * is taken over. Throws `already-running` with the other's process id.
 */
export function acquireLock(path: string, directory: string): LockFile {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (createLock(path)) return heldLock(path);
    const owner = readOwner(path);
    if (owner && isAlive(owner)) throw new AppError("already-running", { directory, pid: owner.pid });
    if (!removeStale(path)) pause(TAKE_OVER_PATIENCE_MS);
  }
  throw new AppError("already-running", { directory, pid: readOwner(path)?.pid ?? 0 });
}

/** Released once: by then the lock may be another's. */
function heldLock(path: string): LockFile {
  let isHeld = true;
  return {
    release() {
      if (isHeld) rmSync(path, { force: true });
      isHeld = false;
    },
  };
}

/**
 * Of several processes that find the same stale lock, only the one that holds the guard removes it, and it looks again
 * first: otherwise the second would remove the fresh lock of the first. False when another one is at it.
 */
function removeStale(path: string): boolean {
  const guard = `${path}.take-over`;
  if (!createLock(guard)) {
    const other = readOwner(guard);
    if (!other || !isAlive(other)) rmSync(guard, { force: true });
    return false;
  }
  try {
    const owner = readOwner(path);
    if (!owner || !isAlive(owner)) rmSync(path, { force: true });
    return true;
  } finally {
    rmSync(guard, { force: true });
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A hard link appears with its content or not at all, so nobody ever reads a half-written lock. */
function createLock(path: string): boolean {
  const own = `${path}.${process.pid}`;
  try {
    writeFileSync(
      own,
      JSON.stringify({ pid: process.pid, startTime: processStartTime(process.pid) } satisfies LockOwner),
    );
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw explainSystemError(error, { path });
  } finally {
    rmSync(own, { force: true });
  }
}

function readOwner(path: string): LockOwner | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as LockOwner;
  } catch {
    // A lock torn by a crash names nobody.
    return undefined;
  }
}

function isAlive(owner: LockOwner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return owner.startTime === processStartTime(owner.pid);
}

/** Field 22 of /proc/<pid>/stat on Linux (clock ticks since boot); empty elsewhere or when the process is gone. */
export function processStartTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
