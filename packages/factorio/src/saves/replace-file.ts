import { randomBytes } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { fileError } from "../errors.js";

/**
 * Writes a file so that it is either wholly new or wholly as before: a temporary file in the same folder (named like the game's
 * own unfinished saves, which nobody lists), synced, proven, renamed, folder synced. On any error the temporary file is removed
 * and the sentence says what to do. Gives the size in bytes.
 */
export async function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  prove?: (temporary: string) => Promise<void>,
): Promise<number> {
  const temporary = `${path.replace(/\.zip$/i, "")}.${randomBytes(6).toString("hex")}.tmp.zip`;
  try {
    const size = await writeSynced(temporary, write);
    await prove?.(temporary);
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return size;
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, "write", path);
  }
}

async function writeSynced(path: string, write: (file: FileHandle) => Promise<void>): Promise<number> {
  const file = await open(path, "wx");
  try {
    await write(file);
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** Makes the rename itself durable. Windows cannot open folders, and does not need to. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
