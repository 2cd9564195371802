import { readdir } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "./places.mjs";

const NOT_OURS = new Set(["node_modules", "dist", "coverage", "vendor"]);

/** Files under a folder whose path from the root fits, with forward slashes, sorted. A missing folder has none. */
export async function filesMatching(folder, pattern) {
  const found = [];
  await collect(path.join(ROOT, folder), pattern, found);
  return found.sort();
}

/** The names of the folders in a folder, sorted. */
export async function foldersIn(folder) {
  const entries = await readdir(path.join(ROOT, folder), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !NOT_OURS.has(entry.name))
    .map((entry) => entry.name)
    .sort();
}

async function collect(place, pattern, found) {
  for (const entry of await readdir(place, { withFileTypes: true }).catch(() => [])) {
    const file = path.join(place, entry.name);
    const name = path.relative(ROOT, file).split(path.sep).join("/");
    if (entry.isDirectory()) {
      if (!NOT_OURS.has(entry.name) && !entry.name.startsWith(".")) await collect(file, pattern, found);
    } else if (pattern.test(name)) found.push(name);
  }
}
