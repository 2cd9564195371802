import type { GameVersion } from "../versions.js";

/** One unpacked game (or the simulator laid out like one). All paths are absolute. */
export interface FactorioInstall {
  directory: string;
  executable: string;
  dataDirectory: string;
  version: GameVersion;
  isSimulator: boolean;
}

export function findInstalls(_directory: string): Promise<FactorioInstall[]> {
  throw new Error("not built yet");
}

export function selectInstall(_installs: readonly FactorioInstall[], _wanted: string): FactorioInstall {
  throw new Error("not built yet");
}
