import { constants } from "node:fs";
import { copyFile, link, rename, rm, stat, utimes } from "node:fs/promises";
import { fileError, systemErrorCode } from "../errors.js";

/** Not `.zip`, so that nobody, the game and listSaves included, takes it for a save. */
const SUFFIX = ".before-patch";
/** File systems round times differently when they are set. */
const TIME_TOLERANCE_MS = 2;

/**
 * Called with the patched save written and proven, before it is renamed over the old one: gives the old one a second name.
 * The patched save takes over the old one's time, which says later that the game has not saved since (and keeps the
 * order by time, in which a patch is no news).
 */
export async function keepPrevious(path: string, patched: string): Promise<void> {
  const kept = path + SUFFIX;
  const current = await stat(path);
  if (!(await isFrom(kept, path))) {
    await rm(kept, { force: true });
    await linkOrCopy(path, kept);
  }
  await utimes(patched, current.atime, current.mtime);
}

/** The patched save works: the one kept from before goes. No-op when there is none. */
export async function acceptPatchedSave(path: string): Promise<void> {
  try {
    await rm(path + SUFFIX, { force: true });
  } catch (error) {
    throw fileError(error, "remove", path + SUFFIX);
  }
}

/**
 * Puts back the save as it was before the patches that were not accepted, and tells whether it did. It does not when none is
 * kept, and when the game has saved since: the kept one is older than what was played, and is removed.
 */
export async function restoreSave(path: string): Promise<boolean> {
  const kept = path + SUFFIX;
  try {
    const mayRestore = (await isMissing(path)) ? !(await isMissing(kept)) : await isFrom(kept, path);
    if (mayRestore) await rename(kept, path);
    // A no-op after the rename, unless both were names of one file: then a rename leaves both.
    await rm(kept, { force: true });
    return mayRestore;
  } catch (error) {
    throw fileError(error, "restore", path);
  }
}

/** Whether `path` is a patch of `kept` that nothing has been saved over since. */
async function isFrom(kept: string, path: string): Promise<boolean> {
  const [before, now] = await Promise.all([statOrNone(kept), statOrNone(path)]);
  if (!before || !now) return false;
  return Math.abs(before.mtimeMs - now.mtimeMs) <= TIME_TOLERANCE_MS;
}

async function isMissing(path: string): Promise<boolean> {
  return (await statOrNone(path)) === undefined;
}

async function statOrNone(path: string): Promise<{ mtimeMs: number } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Not all file systems have hard links; a copy shares the blocks where that is possible. */
async function linkOrCopy(path: string, kept: string): Promise<void> {
  try {
    await link(path, kept);
  } catch {
    await copyFile(path, kept, constants.COPYFILE_FICLONE);
    const { atime, mtime } = await stat(path);
    await utimes(kept, atime, mtime);
  }
}
