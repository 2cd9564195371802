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

/**
 * Takes `path` for this process, so that two programs never work on the same folder. A lock whose process is gone
 * is taken over. Throws `already-running` with the other's process id.
 */
export function acquireLock(path: string, directory: string): LockFile {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (createLock(path)) return { release: () => rmSync(path, { force: true }) };
    const owner = readOwner(path);
    if (owner && isAlive(owner)) throw new AppError("already-running", { directory, pid: owner.pid });
    rmSync(path, { force: true });
  }
  throw new AppError("already-running", { directory, pid: readOwner(path)?.pid ?? 0 });
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
