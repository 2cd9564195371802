import { mkdirSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../errors.js";
import type { Faults } from "../control/faults.js";
import type { ServerLog } from "../server/server-log.js";
import type { World } from "../world/world.js";
import type { Personality } from "../server/personality.js";
import { encodeSave } from "./encode-save.js";
import type { SaveFile } from "./save-file.js";

export interface SaverOptions {
  log: ServerLog;
  personality: Personality;
  world: World;
  save: SaveFile;
  savesDirectory: string;
  mods: Record<string, string>;
  faults: Faults;
  /** The level's storage; throws `ScriptCrash` when it holds what cannot be saved. */
  serializeStorage: () => Uint8Array | undefined;
}

/** Writes saves: `<name>.tmp.zip`, then rename (facts §3.6). One at a time; the game loop waits for it. */
export class Saver {
  private running: Promise<boolean> | undefined;

  constructor(private readonly options: SaverOptions) {}

  /** The name everything but autosaves goes to, or undefined after a start from a scenario. */
  get defaultPath(): string | undefined {
    return this.options.save.path;
  }

  get isSaving(): boolean {
    return this.running !== undefined;
  }

  pathOf(name: string): string {
    return join(this.options.savesDirectory, `${basename(name).replace(/\.zip$/i, "")}.zip`);
  }

  /** Bytes of the map as a joining player would download it. */
  encode(fileName: string): Buffer {
    const { save, world, personality, mods } = this.options;
    return encodeSave(
      save,
      fileName,
      world.toFile(personality.versionText, mods),
      this.options.serializeStorage(),
    );
  }

  /** `/server-save`, and the save after the last leave. */
  async saveGame(path: string): Promise<boolean> {
    const { log } = this.options;
    return this.exclusively(
      path,
      () => log.info("savingGame", `Saving game as ${path}`),
      () => log.info("savingFinished", "Saving finished"),
    );
  }

  async autosave(slots: number): Promise<boolean> {
    const { log, world } = this.options;
    world.autosaveCounter = (world.autosaveCounter % Math.max(1, slots)) + 1;
    const name = `_autosave${world.autosaveCounter}`;
    return this.exclusively(
      this.pathOf(name),
      () => log.info("savingTo", `Saving to ${name} (blocking).`),
      () => log.info("savingFinished", "Saving finished"),
    );
  }

  /** The save of a stop, which reports progress instead of "Saving finished". True when the map is on disk. */
  async saveOnQuit(): Promise<boolean> {
    const { log } = this.options;
    const path = this.defaultPath;
    if (path === undefined) {
      log.engine("Can't save to default location: Default location not known");
      return true;
    }
    return this.exclusively(
      path,
      () => {
        log.info("savingMap", `Saving map as ${path}`);
        log.info("savingProgress", "Saving progress: 0.244499%");
      },
      () => log.info("savingProgress", "Saving progress: 100.000000%"),
    );
  }

  /** Resolves when no save is being written. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async exclusively(path: string, before: () => void, after: () => void): Promise<boolean> {
    await this.running;
    before();
    const bytes = this.encode(path);
    const running = this.write(path, bytes).then((written) => {
      if (written) after();
      return written;
    });
    this.running = running;
    try {
      return await running;
    } finally {
      this.running = undefined;
    }
  }

  private async write(path: string, bytes: Buffer): Promise<boolean> {
    const { faults, log } = this.options;
    const temporary = path.replace(/\.zip$/i, "") + ".tmp.zip";
    try {
      mkdirSync(dirname(path), { recursive: true });
      const file = await open(temporary, "w");
      try {
        if (faults.failSave)
          throw Object.assign(new Error("No space left on device"), { code: faults.failSave });
        const half = bytes.length >> 1;
        await file.write(bytes.subarray(0, half));
        if (faults.delaySaveMs > 0) await delay(faults.delaySaveMs);
        await file.write(bytes.subarray(half));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      return true;
    } catch (error) {
      log.error(
        "saveFailed",
        `Cannot save map: Error when writing to file: ${writeFailure(error)}. File: ${temporary}.`,
      );
      return false;
    }
  }
}

function writeFailure(error: unknown): string {
  const code = systemCode(error);
  if (code === "ENOSPC") return "No space left on device";
  if (code === "EACCES" || code === "EPERM") return "Permission denied";
  return error instanceof Error ? error.message : String(error);
}
