import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { listSaves, type SaveFile } from "@switchyard/factorio";
import { AppError } from "@switchyard/protocol";
import { explainSystemError, syncDirectory } from "@switchyard/node-kit";

/** Beyond it Linux takes no file name; a suffix of ours has to fit, too. */
const MAX_NAME_BYTES = 200;
const MAX_NUMBER = 1000;
/** What the patching of a save keeps beside it until the patched one has run. */
const KEPT_SUFFIX = ".before-patch";
/** Ours among the unfinished files, which nobody lists. */
const INCOMING = ".incoming.tmp.zip";
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** The folder of one instance's saves: files come into it whole, under a free name, and leave it at once. */
export class SaveFolder {
  readonly path: string;

  constructor(writeDirectory: string) {
    this.path = join(writeDirectory, "saves");
  }

  /** Newest first. */
  list(): Promise<SaveFile[]> {
    return listSaves(this.path);
  }

  /** Rejects `save-not-found`. */
  async find(name: string): Promise<SaveFile> {
    const save = (await this.list()).find((candidate) => candidate.name === name);
    if (!save) throw new AppError("save-not-found", { save: name });
    return save;
  }

  /** A path in the folder for a file that is not whole yet; the folder is there afterwards. */
  async temporary(): Promise<string> {
    await mkdir(this.path, { recursive: true });
    return join(this.path, `${randomBytes(8).toString("hex")}${INCOMING}`);
  }

  /** Removes what a killed host has left unfinished here. Only before anything is begun. */
  async removeUnfinished(): Promise<void> {
    const names = await readdir(this.path).catch(() => []); // no folder: nothing was left
    for (const name of names) if (name.endsWith(INCOMING)) await rm(join(this.path, name), { force: true });
  }

  /**
   * Moves a whole and synced file of the same disk into the folder. It is not newer than the saves that are there, since
   * the newest is what the next start goes on with. Answers the name it got.
   */
  async take(file: string, wanted: string, savedAtMs: number): Promise<string> {
    requireShort(wanted);
    try {
      const newestMs = (await this.list())[0]?.modifiedAtMs ?? Infinity;
      const time = new Date(Math.floor(Math.min(savedAtMs, Date.now(), newestMs - 2)));
      await utimes(file, time, time);
      return await this.#publish(file, wanted);
    } catch (error) {
      throw explainSystemError(error, { path: this.path });
    }
  }

  /** Rejects `save-not-found`. */
  async copy(name: string, wanted: string): Promise<string> {
    const source = await this.find(name);
    const temporary = await this.temporary();
    try {
      await copyFile(source.path, temporary, constants.COPYFILE_FICLONE);
      const file = await open(temporary, "r+");
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      return await this.take(temporary, wanted, source.modifiedAtMs);
    } catch (error) {
      throw explainSystemError(error, { path: this.path });
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Keeps its time. Answers the name it got. Rejects `save-not-found`. */
  async rename(name: string, wanted: string): Promise<string> {
    requireShort(wanted);
    const source = await this.find(name);
    if (wanted === name) return name;
    try {
      const got = await this.#publish(source.path, wanted);
      await moveIfThere(source.path + KEPT_SUFFIX, join(this.path, got + KEPT_SUFFIX));
      return got;
    } catch (error) {
      throw explainSystemError(error, { path: this.path });
    }
  }

  /** Moves it out of the folder, to a path on the same disk that is free. Rejects `save-not-found`. */
  async moveOut(name: string, target: string): Promise<void> {
    const source = await this.find(name);
    try {
      await rename(source.path, target);
      await moveIfThere(source.path + KEPT_SUFFIX, target + KEPT_SUFFIX);
      await syncDirectory(this.path);
    } catch (error) {
      throw explainSystemError(error, { path: target });
    }
  }

  /** Makes it the one that the next start goes on with. Rejects `save-not-found`. */
  async makeNewest(name: string): Promise<void> {
    const saves = await this.list();
    const save = await this.find(name);
    const newest = saves[0];
    if (!newest || newest.name === name) return;
    const time = new Date(Math.max(Date.now(), Math.ceil(newest.modifiedAtMs) + 2));
    await utimes(save.path, time, time).catch((error: unknown) => {
      throw explainSystemError(error, { path: save.path });
    });
  }

  async #publish(file: string, wanted: string): Promise<string> {
    const taken = new Set((await readdir(this.path)).map(nameKey));
    for (let number = 1; number <= MAX_NUMBER; number += 1) {
      const name = numbered(wanted, number);
      if (taken.has(nameKey(name)) || !(await moveUnlessThere(file, join(this.path, name)))) continue;
      await syncDirectory(this.path);
      return name;
    }
    throw new AppError("name-taken", { name: wanted, what: "save" });
  }
}

/** `world.zip`, `world-2.zip`, `world-3.zip`... never longer than a save's name may be. */
export function numbered(name: string, number: number): string {
  if (number === 1) return name;
  const suffix = `-${number}.zip`;
  return `${Array.from(basename(name, ".zip"))
    .slice(0, 120 - suffix.length)
    .join("")}${suffix}`;
}

/** Names that some file system takes for the same. */
function nameKey(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function requireShort(name: string): void {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw new AppError("bad-request", { reason: `the name has more than ${MAX_NAME_BYTES} bytes` });
}

/** A link is refused where a name is taken, which a rename is not; the game writes to the folder as well. */
async function moveUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (!NO_LINKS.has(code)) throw error;
    if (await isThere(to)) return false;
    await rename(from, to);
    return true;
  }
  await rm(from);
  return true;
}

async function moveIfThere(from: string, to: string): Promise<void> {
  if (await isThere(from)) await rename(from, to);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}
