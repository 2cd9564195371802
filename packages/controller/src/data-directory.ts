import { chmodSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { acquireLock, explainSystemError, type LockFile } from "@switchyard/node-kit";

/** The controller's folder, taken for this process. */
export interface DataDirectory {
  path: string;
  storeFile: string;
  blobs: string;
  logs: string;
  lock: LockFile;
}

/** Makes the folder for its owner's eyes only. Throws `already-running`, `no-permission`, `disk-full`. */
export function takeDataDirectory(directory: string): DataDirectory {
  const path = resolve(directory);
  const blobs = join(path, "blobs");
  try {
    mkdirSync(blobs, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    throw explainSystemError(error, { path });
  }
  const lock = acquireLock(join(path, "controller.lock"), path);
  return { path, storeFile: join(path, "controller.db"), blobs, logs: logDirectory(path), lock };
}

/** Where the controller of this data directory writes its log files. */
export function logDirectory(dataDirectory: string): string {
  return join(resolve(dataDirectory), "logs");
}
