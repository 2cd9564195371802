import { existsSync, readFileSync, statSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { StartFailure } from "../errors.js";
import {
  compareGameVersions,
  formatMapVersion,
  parseGameVersion,
  readVersionBytes,
  type GameVersion,
} from "../game-version.js";
import { readEntry, type ZipEntry } from "../zip/zip-entry.js";
import { readZip } from "../zip/read-zip.js";
import type { WorldFile } from "../world/world.js";

/** Own state inside a save; a foreign script.dat and level.dat are never touched. */
export const WORLD_ENTRY = "switchyard-sim.json";
export const STORAGE_ENTRY = "switchyard-sim.dat";
/** First bytes of `switchyard-sim.dat`; the serialised storage of the level follows. */
export const STORAGE_MAGIC = Buffer.from("SWITCHYARD-SIM-STORAGE-1\n", "latin1");

/** A save in memory: entries relative to the root folder, still compressed. */
export interface SaveFile {
  /** Undefined for a scenario, which has no default place to be saved to. */
  path: string | undefined;
  sizeBytes: number;
  /** Name relative to the root folder → entry. Order is kept. */
  entries: Map<string, ZipEntry>;
  mapVersion: GameVersion;
  levelDatBytes: number;
  scriptDatBytes: number;
  /** Undefined when this save was never written by the simulator. */
  world: WorldFile | undefined;
  storage: Buffer | undefined;
  /** A level of a campaign, which somebody has played alone. */
  isCampaign: boolean;
}

/** Reads any save; failures carry the game's sentences (facts-2 §1.3, §1.4). */
export function loadSave(path: string, gameVersion: GameVersion): SaveFile {
  if (!existsSync(path)) throw failed(`Path ${path} doesn't exist.`);
  let entries: ZipEntry[];
  try {
    entries = readZip(readFileSync(path));
  } catch {
    throw failed(`Couldn't open archive ${path} (Bad zip file)`);
  }
  try {
    return describe(path, entriesUnderRoot(entries), gameVersion);
  } catch (error) {
    if (error instanceof StartFailure) throw error;
    throw failed(`Closing file ${path} failed.\nReason: CRC check failed: The zip is corrupted.`);
  }
}

/** A scenario or a save that was just made: nothing on disk yet. */
export function saveFromEntries(entries: Map<string, ZipEntry>, gameVersion: GameVersion): SaveFile {
  return {
    path: undefined,
    sizeBytes: 0,
    entries,
    mapVersion: gameVersion,
    levelDatBytes: 0,
    scriptDatBytes: 0,
    world: undefined,
    storage: undefined,
    isCampaign: false,
  };
}

export function readSaveText(save: Pick<SaveFile, "entries">, name: string): string | undefined {
  const entry = save.entries.get(name);
  return entry && readEntry(entry).toString("utf8");
}

function describe(path: string, entries: Map<string, ZipEntry>, gameVersion: GameVersion): SaveFile {
  const levelDat = entries.get("level.dat0");
  if (!levelDat && !entries.has(WORLD_ENTRY)) throw failed("level.dat not found.");
  const world = readWorld(entries);
  const level = levelDat && inflateSync(readEntry(levelDat));
  const mapVersion =
    (world && parseGameVersion(world.gameVersion)) ?? (level && readVersionBytes(level)) ?? gameVersion;
  if (compareGameVersions(mapVersion, { ...gameVersion, build: 0xffff }) > 0) {
    throw failed(
      `Map version ${formatMapVersion(mapVersion)} cannot be loaded because it is higher than the game version (${formatMapVersion(gameVersion)}).`,
    );
  }
  const storage = entries.get(STORAGE_ENTRY);
  return {
    path,
    sizeBytes: statSync(path).size,
    entries,
    mapVersion,
    levelDatBytes: levelDatLength(entries),
    scriptDatBytes: (storage ?? entries.get("script.dat"))?.sizeBytes ?? 0,
    world,
    storage: storage && storageBytes(readEntry(storage)),
    // The name of the campaign follows the version and one byte (facts §6.2); other maps have none.
    isCampaign: (level?.[9] ?? 0) > 0,
  };
}

function entriesUnderRoot(entries: ZipEntry[]): Map<string, ZipEntry> {
  const first = entries[0]?.name ?? "";
  const root = first.slice(0, first.indexOf("/") + 1);
  const unsafe = entries.some(
    (entry) =>
      !entry.name.startsWith(root) || entry.name.includes("\\") || entry.name.split("/").includes(".."),
  );
  if (root === "" || unsafe) throw failed("info.json not found");
  return new Map(entries.map((entry) => [entry.name.slice(root.length), entry]));
}

function levelDatLength(entries: Map<string, ZipEntry>): number {
  const metadata = entries.get("level.datmetadata");
  const bytes = metadata && readEntry(metadata);
  return bytes && bytes.length >= 8 ? Number(bytes.readBigUInt64LE(0)) : 0;
}

function readWorld(entries: Map<string, ZipEntry>): WorldFile | undefined {
  const entry = entries.get(WORLD_ENTRY);
  if (!entry) return undefined;
  const value: unknown = JSON.parse(readEntry(entry).toString("utf8"));
  if (typeof value !== "object" || value === null || !("format" in value) || value.format !== 1) {
    throw failed(`${WORLD_ENTRY} was written by a newer simulator.`);
  }
  return value as WorldFile;
}

function storageBytes(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, STORAGE_MAGIC.length).equals(STORAGE_MAGIC))
    throw failed(`${STORAGE_ENTRY} is corrupted.`);
  return bytes.subarray(STORAGE_MAGIC.length);
}

function failed(message: string): StartFailure {
  return new StartFailure(message, "multiplayer-manager");
}
