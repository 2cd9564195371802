import type { LuaModule } from "./lua-module.js";
import type { SaveScript } from "./save-info.js";

export interface PatchSaveOptions {
  input: string;
  /** May be the same path as input. */
  output: string;
  /** An empty list takes everything out again. */
  modules: readonly LuaModule[];
  limits?: { maxEntries?: number; maxUncompressedBytes?: number };
}

export interface PatchSaveResult {
  changed: boolean;
  /** 0 when the save holds no modules any more. */
  patchNumber: number;
  /** What the save's own script is, below the patch. */
  scenario: SaveScript;
  /** Names, in load order. */
  modules: string[];
  takenOverFrom?: "clusterio";
  sizeBytes: number;
}

export function patchSave(_options: PatchSaveOptions): Promise<PatchSaveResult> {
  throw new Error("not built yet");
}
