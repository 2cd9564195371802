import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FactorioInstall } from "@switchyard/factorio";
import { AppError, type CreateSave, type ParamsOf } from "@switchyard/protocol";
import type { Game } from "../instance/game.js";

const FOLDER = "new-map-";
const MAX_SETTINGS_CHARACTERS = 256 * 1024;

export interface MakeMapOptions {
  /** The instance's; the map is made in a folder of its own in it, since a running server locks the folder it writes to. */
  writeDirectory: string;
  install: FactorioInstall;
  game: Pick<Game, "createSave">;
  map: Omit<ParamsOf<typeof CreateSave>, "name">;
}

/** Makes a map and hands its file to `take`, which moves it away. Nothing else is left of it. */
export async function makeMap<T>(options: MakeMapOptions, take: (file: string) => Promise<T>): Promise<T> {
  const folder = join(options.writeDirectory, `${FOLDER}${randomBytes(8).toString("hex")}`);
  try {
    await mkdir(folder, { recursive: true });
    const extraArguments = await mapArguments(options.map, folder);
    const savePath = join(folder, "world.zip");
    await options.game.createSave({
      install: options.install,
      writeDirectory: folder,
      savePath,
      extraArguments,
    });
    const file = await open(savePath, "r+");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    return await take(savePath);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what a killed host has left of maps it was making. Only before anything is begun. */
export async function removeUnfinishedMaps(writeDirectory: string): Promise<void> {
  const names = await readdir(writeDirectory).catch(() => []); // no folder: nothing was left
  for (const name of names)
    if (name.startsWith(FOLDER)) await rm(join(writeDirectory, name), { recursive: true, force: true });
}

async function mapArguments(
  { seed, preset, mapGenSettings, mapSettings }: MakeMapOptions["map"],
  folder: string,
): Promise<string[]> {
  const given: string[] = [];
  if (seed !== undefined) given.push("--map-gen-seed", String(seed));
  if (preset !== undefined) given.push("--preset", preset);
  for (const [option, settings] of [
    ["map-gen-settings", mapGenSettings],
    ["map-settings", mapSettings],
  ] as const) {
    if (settings === undefined) continue;
    const text = JSON.stringify(settings);
    if (text.length > MAX_SETTINGS_CHARACTERS)
      throw new AppError("bad-request", { reason: `${option} are too long` });
    const file = join(folder, `${option}.json`);
    await writeFile(file, text);
    given.push(`--${option}`, file);
  }
  return given;
}
