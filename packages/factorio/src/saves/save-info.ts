import type { GameVersion } from "../versions.js";

export type SaveScript = "freeplay" | "event-handler" | "custom" | "switchyard" | "clusterio" | "none";

export interface SaveInfo {
  /** Named as the save was when it was written, not as the file is named now. */
  rootFolder: string;
  sizeBytes: number;
  /** The version the map was saved by; absent when the header cannot be read. */
  version?: GameVersion;
  scenario?: { campaign: string; level: string; mod: string };
  mods?: { name: string; version: string }[];
  /** False when the header is of a layout this version does not know for certain. */
  modsKnown: boolean;
  script: SaveScript;
  modules: { name: string; version: string }[];
  entries: number;
}
