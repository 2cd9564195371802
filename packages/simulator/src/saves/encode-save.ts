import { basename } from "node:path";
import { makeEntry, type ZipEntry } from "../zip/zip-entry.js";
import { writeZip } from "../zip/write-zip.js";
import { STORAGE_ENTRY, STORAGE_MAGIC, WORLD_ENTRY, type SaveFile } from "./save-file.js";
import type { WorldFile } from "../world/world.js";

/**
 * The bytes of a save: own entries are replaced, all others keep their compressed bytes. As in the game the root
 * folder is named after the file at the time of writing (facts §6.1).
 */
export function encodeSave(
  save: SaveFile,
  fileName: string,
  world: WorldFile,
  storage: Uint8Array | undefined,
): Buffer {
  const root = basename(fileName).replace(/\.zip$/i, "");
  save.entries.set(WORLD_ENTRY, makeEntry(WORLD_ENTRY, `${JSON.stringify(world, null, 1)}\n`));
  if (storage)
    save.entries.set(STORAGE_ENTRY, makeEntry(STORAGE_ENTRY, Buffer.concat([STORAGE_MAGIC, storage])));
  const entries: ZipEntry[] = [];
  for (const [name, entry] of save.entries) entries.push({ ...entry, name: `${root}/${name}` });
  return writeZip(entries);
}
