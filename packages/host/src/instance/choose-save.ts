import { copyFile, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError, type InstanceSpec } from "@switchyard/protocol";
import type { FactorioInstall, SaveFile } from "@switchyard/factorio";
import { errorFields } from "@switchyard/node-kit";
import { explainFactorioError } from "../factorio-errors.js";
import type { Game } from "./game.js";
import { fileTimestamp } from "./instance-directory.js";

export interface ChooseSaveOptions {
  spec: InstanceSpec;
  writeDirectory: string;
  install: FactorioInstall;
  game: Pick<Game, "listSaves" | "inspectSave" | "createSave">;
  signal: AbortSignal;
  download(
    blob: NonNullable<InstanceSpec["firstSave"]>["blob"],
    target: string,
    signal: AbortSignal,
  ): Promise<void>;
  /** Tells people what is being done. */
  say(words: string): void;
}

/**
 * The save to run: the newest sound one of the instance, else its first save, else a new map.
 * Rejects with `save-refused` when it has saves but none is sound: a new map in their place would hide the loss.
 */
export async function chooseSave(options: ChooseSaveOptions): Promise<string> {
  const { spec, writeDirectory, install, game, signal, say } = options;
  const directory = join(writeDirectory, "saves");
  await mkdir(directory, { recursive: true });
  const own = await newestSound(await game.listSaves(directory), options);
  if (own) return isAutosave(own) ? continueAutosave(own, directory) : own.path;
  if (spec.firstSave) {
    const target = join(directory, spec.firstSave.name);
    say(`Fetching the save ${spec.firstSave.name}`);
    await options.download(spec.firstSave.blob, target, signal);
    return target;
  }
  say("Making a new map");
  const target = join(directory, "world.zip");
  await game.createSave({ install, writeDirectory, savePath: target });
  return target;
}

async function newestSound(saves: SaveFile[], options: ChooseSaveOptions): Promise<SaveFile | undefined> {
  let firstFault: string | undefined;
  for (const save of saves) {
    options.signal.throwIfAborted();
    try {
      await options.game.inspectSave(save.path);
      return save;
    } catch (error) {
      const fault = explainFactorioError(error, options.spec.name);
      options.say(`Passing over the save ${save.name}: ${fault.message}`);
      firstFault ??= `${save.name}: ${String(errorFields(fault)["reason"] ?? fault.message)}`;
    }
  }
  if (firstFault !== undefined) {
    throw new AppError("save-refused", {
      reason: `none of the instance's ${saves.length} saves is sound; ${firstFault}`,
    });
  }
  return undefined;
}

function isAutosave(save: SaveFile): boolean {
  return save.name.startsWith("_autosave");
}

/** The server saves under the name it was started with, and autosaves are overwritten in turn; so a copy goes on. */
async function continueAutosave(save: SaveFile, directory: string): Promise<string> {
  const target = join(directory, `continued-${fileTimestamp(new Date())}.zip`);
  const temporary = join(directory, `${basename(target, ".zip")}.tmp.zip`);
  try {
    await copyFile(save.path, temporary);
    const file = await open(temporary, "r+");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return target;
}
