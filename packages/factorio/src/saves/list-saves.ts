import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileError, systemErrorCode } from "../errors.js";

export interface SaveFile {
  name: string;
  path: string;
  sizeBytes: number;
  modifiedAtMs: number;
}

/** The saves of a folder, newest first; `*.tmp.zip` is what a killed save leaves behind. A missing folder has no saves. */
export async function listSaves(directory: string): Promise<SaveFile[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw fileError(error, "read", directory);
  }
  const saves: SaveFile[] = [];
  for (const name of names.filter(isSaveName)) {
    const path = join(directory, name);
    const stats = await stat(path).catch(() => undefined); // gone since readdir, or a dangling link
    if (stats?.isFile()) saves.push({ name, path, sizeBytes: stats.size, modifiedAtMs: stats.mtimeMs });
  }
  return saves.sort((a, b) => b.modifiedAtMs - a.modifiedAtMs || (a.name < b.name ? -1 : 1));
}

function isSaveName(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.endsWith(".zip") && !lower.endsWith(".tmp.zip");
}
