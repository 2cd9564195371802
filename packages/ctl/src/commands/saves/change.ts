import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  AppError,
  CopySave,
  CreateSave,
  DeleteSave,
  instanceAddress,
  RenameSave,
  type AnyRequest,
  type Instance,
  type ParamsOf,
  type ResultOf,
  type Save,
} from "@switchyard/protocol";
import { explainSystemError } from "@switchyard/node-kit/system-errors";
import type { CommandContext, GlobalOptions, Handler } from "../../command.js";
import { findInstance } from "../../names.js";
import { zipName } from "./zip-name.js";

interface OfInstance extends GlobalOptions {
  instance: string;
}

interface OfSave extends OfInstance {
  save: string;
}

interface CreateArguments extends OfInstance {
  name: string | undefined;
  seed: number | undefined;
  preset: string | undefined;
  mapGenSettings: string | undefined;
  mapSettings: string | undefined;
}

/** The game's own limit for a new map is ten minutes. */
const CREATE_TIMEOUT_MS = 11 * 60_000;
const COPY_TIMEOUT_MS = 10 * 60_000;

const create: Handler<CreateArguments> = async (args, context) => {
  const { name, seed, preset } = args;
  const mapGenSettings = await readSettings(context, args.mapGenSettings);
  const mapSettings = await readSettings(context, args.mapSettings);
  const params = {
    ...(name !== undefined && { name: zipName(name) }),
    ...(seed !== undefined && { seed }),
    ...(preset !== undefined && { preset }),
    ...(mapGenSettings && { mapGenSettings }),
    ...(mapSettings && { mapSettings }),
  };
  const { instance, result } = await ask(context, args.instance, {
    ...{ message: CreateSave, params, timeoutMs: CREATE_TIMEOUT_MS, doing: "Making a map" },
  });
  await report(context, result.save, `Made ${result.save.name} among the saves of ${instance.spec.name}`);
};

const copy: Handler<OfSave & { to: string | undefined }> = async (args, context) => {
  const save = zipName(args.save);
  const params = { save, ...(args.to !== undefined && { to: zipName(args.to) }) };
  const { result } = await ask(context, args.instance, {
    ...{ message: CopySave, params, timeoutMs: COPY_TIMEOUT_MS, doing: `Copying ${save}` },
  });
  await report(context, result.save, `Copied ${save} to ${result.save.name}`);
};

const rename: Handler<OfSave & { to: string }> = async (args, context) => {
  const save = zipName(args.save);
  const params = { save, to: zipName(args.to) };
  const { result } = await ask(context, args.instance, {
    ...{ message: RenameSave, params, timeoutMs: 30_000, doing: `Renaming ${save}` },
  });
  await report(context, result.save, `${save} is now ${result.save.name}`);
};

const remove: Handler<OfSave> = async (args, context) => {
  const save = zipName(args.save);
  const { instance } = await ask(context, args.instance, {
    ...{ message: DeleteSave, params: { save }, timeoutMs: 30_000, doing: `Deleting ${save}` },
  });
  await context.output.result(
    { deleted: { instanceId: instance.id, save } },
    () => `Deleted ${save}; it was moved to "deleted" on its host\n`,
  );
};

/** What changes the saves of one instance by a word to its host. */
export const changeSaves = { create, copy, rename, delete: remove };

async function ask<M extends AnyRequest>(
  context: CommandContext,
  nameOrId: string,
  {
    message,
    params,
    timeoutMs,
    doing,
  }: { message: M; params: ParamsOf<M>; timeoutMs: number; doing: string },
): Promise<{ instance: Instance; result: ResultOf<M> }> {
  const connection = await context.connect();
  const instance = await findInstance(connection, nameOrId);
  const options = { to: instanceAddress(instance.id), timeoutMs: context.timeoutOr(timeoutMs) };
  const result = await context.output.during(doing, () => connection.request(message, params, options));
  return { instance, result };
}

function report(context: CommandContext, save: Save, text: string): Promise<void> {
  return context.output.result(save, () => `${text}\n`);
}

async function readSettings(
  context: CommandContext,
  file: string | undefined,
): Promise<Record<string, unknown> | undefined> {
  if (file === undefined) return undefined;
  const path = resolve(context.io.workingDirectory, file);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new AppError("usage", { reason: `There is no file ${path}` });
    throw explainSystemError(error, { path });
  });
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Told below, as other things that are no settings.
  }
  throw new AppError("usage", { reason: `${path} is not a JSON object` });
}
