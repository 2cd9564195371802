import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { StartFailure } from "../errors.js";
import type { Personality } from "../server/personality.js";
import { makeEntry, type ZipEntry } from "../zip/zip-entry.js";
import { freshMapEntries } from "./new-map.js";

/**
 * A scenario as a new map: `base/freeplay`, or a folder under `<write-data>/scenarios`. Scenarios of mods are not
 * known, because the simulator runs no mods.
 */
export function loadScenario(
  name: string,
  scenariosDirectory: string,
  personality: Personality,
  mods: Readonly<Record<string, string>>,
): Map<string, ZipEntry> {
  const fresh = freshMapEntries(personality, mods);
  if (name === "base/freeplay" || name === "freeplay") return fresh;
  const directory = join(scenariosDirectory, name);
  const isInside = !relative(scenariosDirectory, directory).startsWith("..");
  if (!isInside || !existsSync(join(directory, "control.lua")))
    throw new StartFailure(`Scenario ${name} not found.`, "command-line");
  for (const file of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    const entryName = relative(directory, path).split(sep).join("/");
    fresh.set(entryName, makeEntry(entryName, readFileSync(path)));
  }
  return fresh;
}
