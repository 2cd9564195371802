import { existsSync, readdirSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { StartFailure } from "../errors.js";
import type { ServerLog } from "../server/server-log.js";

/** The path that `--start-server NAME` means: as given, with `.zip` added, or in the saves folder. */
export function findSave(name: string, savesDirectory: string, cwd: string, log: ServerLog): string {
  const direct = isAbsolute(name) ? name : resolve(cwd, name);
  const candidates = isAbsolute(name) ? [direct] : [direct, join(savesDirectory, name)];
  for (const candidate of candidates) {
    if (existsSync(candidate) && statSync(candidate).isFile()) return candidate;
    const zipped = `${candidate}.zip`;
    if (!candidate.toLowerCase().endsWith(".zip") && existsSync(zipped)) {
      log.log("Warning", "fileUtil", `${name} not found; using ${name}.zip`);
      return zipped;
    }
  }
  return direct;
}

/** The newest save, autosaves included; unfinished `*.tmp.zip` files do not count (facts §3.6). */
export function findLatestSave(savesDirectory: string): string {
  if (!existsSync(savesDirectory)) {
    throw new StartFailure(
      `Hosting multiplayer game failed: filesystem error: directory iterator cannot open directory: No such file or directory [${savesDirectory}]`,
      "command-line",
    );
  }
  const saves = readdirSync(savesDirectory)
    .filter((name) => name.endsWith(".zip") && !name.endsWith(".tmp.zip"))
    .map((name) => join(savesDirectory, name))
    .map((path) => ({ path, modified: statSync(path).mtimeMs }))
    .sort((a, b) => b.modified - a.modified);
  const newest = saves[0];
  if (!newest) throw new StartFailure(`No latest save file found in ${savesDirectory}`, "command-line");
  return newest.path;
}
