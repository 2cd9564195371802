import type { FactorioInstall } from "../install/factorio-install.js";

export interface CreateSaveOptions {
  install: FactorioInstall;
  writeDirectory: string;
  savePath: string;
  /** Default 600,000. */
  timeoutMs?: number;
  /** For example `--map-gen-seed 1`. */
  extraArguments?: string[];
}

export function createSave(_options: CreateSaveOptions): Promise<void> {
  throw new Error("not built yet");
}
