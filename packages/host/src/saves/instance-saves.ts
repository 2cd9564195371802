import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  AppError,
  type BlobReference,
  type ParamsOf,
  type CreateSave,
  type ImportSave,
  type Save,
} from "@switchyard/protocol";
import { downloadBlob, uploadBlob, type BlobServer, type OnBlobProgress } from "@switchyard/node-kit/blobs";
import { explainFactorioError } from "../factorio-errors.js";
import type { Installs } from "../installs.js";
import type { Game } from "../instance/game.js";
import { fileTimestamp, instanceDirectoryName } from "../instance/instance-directory.js";
import type { InstanceRuntime } from "../instance/instance-runtime.js";
import { makeMap, removeUnfinishedMaps } from "./make-map.js";
import { SaveDetails } from "./save-details.js";
import { SaveFolder } from "./save-folder.js";

export interface InstanceSavesOptions {
  runtime: Pick<InstanceRuntime, "identity" | "spec" | "status" | "isActive" | "writeDirectory">;
  game: Game;
  installs: Pick<Installs, "select">;
  /** Where exports go to and imports come from. */
  blobs: BlobServer;
  deletedDirectory: string;
}

export interface CopyOptions {
  signal: AbortSignal;
  onProgress: OnBlobProgress;
}

const MAX_LISTED = 500;
/** How long a copy over the network goes on without getting any further. */
const PATIENCE_MS = 120_000;

/** The saves of one instance. All its methods reject with AppError. */
export class InstanceSaves {
  readonly #folder: SaveFolder;
  readonly #details: SaveDetails;
  readonly #cleared: Promise<unknown>;

  constructor(private readonly options: InstanceSavesOptions) {
    const { writeDirectory } = options.runtime;
    this.#folder = new SaveFolder(writeDirectory);
    this.#details = new SaveDetails(options.game);
    // What cannot be cleared away does no harm, and shows again where something is to be written.
    this.#cleared = Promise.allSettled([
      this.#folder.removeUnfinished(),
      removeUnfinishedMaps(writeDirectory),
    ]);
  }

  async list(): Promise<{ saves: Save[]; leftOut: number }> {
    const files = await this.#folder.list();
    const saves = await this.#details.of(files.slice(0, MAX_LISTED), (name) => this.#isLoaded(name));
    return { saves, leftOut: files.length - saves.length };
  }

  async create({ name = "new-map.zip", ...map }: ParamsOf<typeof CreateSave>): Promise<Save> {
    await this.#cleared;
    const { runtime, game, installs } = this.options;
    const { writeDirectory, spec } = runtime;
    const install = await installs.select(spec.factorioVersion);
    const got = await makeMap({ writeDirectory, install, game, map }, async (file) => {
      await this.#folder.temporary();
      return this.#folder.take(file, name, Date.now());
    });
    return this.#show(got);
  }

  async copy(name: string, to: string): Promise<Save> {
    return this.#show(await this.#folder.copy(name, to));
  }

  async rename(name: string, to: string): Promise<Save> {
    this.#requireUnused(name);
    return this.#show(await this.#folder.rename(name, to));
  }

  async delete(name: string, expected: BlobReference | undefined): Promise<void> {
    this.#requireUnused(name);
    const { path, sizeBytes } = await this.#folder.find(name);
    if (expected && (sizeBytes !== expected.sizeBytes || (await sha256Of(path)) !== expected.sha256)) {
      throw new AppError("save-refused", { reason: "it has changed since it was copied, so it was kept" });
    }
    this.#requireUnused(name);
    const { id, name: instance } = this.options.runtime.identity;
    const kept = `${instanceDirectoryName(id, instance)}-${fileTimestamp(new Date())}-${name}`;
    await this.#folder.moveOut(name, join(this.options.deletedDirectory, kept));
  }

  async import(
    { name, blob, modifiedAtMs }: ParamsOf<typeof ImportSave>,
    { signal, onProgress }: CopyOptions,
  ): Promise<Save> {
    await this.#cleared;
    const file = await this.#folder.temporary();
    try {
      await downloadBlob({ ...this.options.blobs, blob, file, signal, onProgress, patienceMs: PATIENCE_MS });
      await this.#requireSound(file, name);
      return await this.#show(await this.#folder.take(file, name, modifiedAtMs ?? Date.now()));
    } finally {
      await rm(file, { force: true });
    }
  }

  async export(name: string, options: CopyOptions): Promise<{ blob: BlobReference; modifiedAtMs: number }> {
    const { path: file, modifiedAtMs } = await this.#folder.find(name);
    const blob = await uploadBlob({ ...this.options.blobs, file, ...options, patienceMs: PATIENCE_MS });
    return { blob, modifiedAtMs: Math.floor(modifiedAtMs) };
  }

  /** Makes it the one that the next start goes on with. Rejects `save-in-use` while another one runs. */
  async choose(name: string): Promise<void> {
    const { runtime } = this.options;
    if (runtime.isActive) {
      const { state, save } = runtime.status;
      if (state !== "preparing" && save === name) return;
      throw new AppError("instance-not-stopped", { instance: runtime.identity.name, state });
    }
    const { path } = await this.#folder.find(name);
    await this.#requireSound(path, name);
    await this.#folder.makeNewest(name);
  }

  async #show(name: string): Promise<Save> {
    const save = (await this.list()).saves.find((candidate) => candidate.name === name);
    if (!save) throw new AppError("save-not-found", { save: name });
    return save;
  }

  async #requireSound(path: string, name: string): Promise<void> {
    try {
      await this.options.game.inspectSave(path);
    } catch (error) {
      const { code, message, details } = explainFactorioError(error, this.options.runtime.identity.name);
      const reason = String(details["reason"] ?? message).replaceAll(path, name);
      throw new AppError(
        code === "internal" ? "save-refused" : code,
        { ...details, reason },
        { cause: error },
      );
    }
  }

  #isLoaded(name: string): boolean {
    const { isActive, status } = this.options.runtime;
    return isActive && status.state !== "preparing" && status.save?.toLowerCase() === name.toLowerCase();
  }

  /** While an instance prepares, any of its saves may be the one it chooses. */
  #requireUnused(name: string): void {
    const { isActive, status, identity } = this.options.runtime;
    if (isActive && (status.state === "preparing" || this.#isLoaded(name)))
      throw new AppError("save-in-use", { save: name, instance: identity.name, state: status.state });
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest("hex");
}
