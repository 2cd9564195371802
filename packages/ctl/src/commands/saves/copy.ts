import { randomBytes } from "node:crypto";
import { link, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  AppError,
  ExportSave,
  ImportSave,
  instanceAddress,
  TransferSave,
  type TransferProgress,
} from "@switchyard/protocol";
import { downloadBlob } from "@switchyard/node-kit/blobs";
import { explainSystemError } from "@switchyard/node-kit/system-errors";
import type { CommandContext, GlobalOptions, Handler } from "../../command.js";
import { findInstance } from "../../names.js";
import { fileSize } from "../../output/time.js";
import { uploadSave } from "../../upload.js";
import { zipName } from "./zip-name.js";

interface OfInstance extends GlobalOptions {
  instance: string;
}

interface DownloadArguments extends OfInstance {
  save: string;
  file: string | undefined;
  force: boolean;
}

interface TransferArguments extends OfInstance {
  save: string;
  target: string;
  name: string | undefined;
  deleteSource: boolean;
}

/** Each step, for the largest save over a slow line. */
const COPY_TIMEOUT_MS = 60 * 60_000;

const upload: Handler<OfInstance & { file: string; name: string | undefined }> = async (args, context) => {
  const connection = await context.connect();
  const { id, spec } = await findInstance(connection, args.instance);
  const file = resolve(context.io.workingDirectory, args.file);
  const save = await context.output.during(`Uploading ${args.file}`, async (update) => {
    const { url, token } = connection;
    const { name, blob } = await uploadSave({
      ...{ url, token, file, signal: context.io.signal },
      onProgress: (sent, size) => update(`Uploading: ${share(sent, size)}`),
    });
    const params = { name: args.name === undefined ? name : zipName(args.name), blob };
    return (
      await connection.request(ImportSave, params, {
        to: instanceAddress(id),
        timeoutMs: context.timeoutOr(COPY_TIMEOUT_MS),
        onProgress: showProgress(update),
      })
    ).save;
  });
  await context.output.result(
    save,
    () =>
      `${spec.name} has ${save.name}; start with it: switchyardctl instance start ${spec.name} --save ${save.name}\n`,
  );
};

const download: Handler<DownloadArguments> = async (args, context) => {
  const save = zipName(args.save);
  const file = await chooseFile(context, args.file, save);
  if (!args.force) await refuseTaken(file);
  const connection = await context.connect();
  const { id } = await findInstance(connection, args.instance);
  // Beside the file, so that it can take its place when it is whole.
  const part = `${file}.${randomBytes(4).toString("hex")}.part`;
  const blob = await context.output.during(`Downloading ${save}`, async (update) => {
    const exported = await connection.request(
      ExportSave,
      { save },
      {
        to: instanceAddress(id),
        timeoutMs: context.timeoutOr(COPY_TIMEOUT_MS),
        onProgress: showProgress(update),
      },
    );
    const { url, token } = connection;
    await downloadBlob({
      ...{ url, token, file: part, blob: exported.blob, signal: context.io.signal },
      onProgress: (got, size) => update(`Downloading: ${share(got, size)}`),
    });
    return exported.blob;
  });
  await putInPlace(part, file, args.force);
  await context.output.result({ file, ...blob }, () => `${file} (${fileSize(blob.sizeBytes)})\n`);
};

const transfer: Handler<TransferArguments> = async (args, context) => {
  const connection = await context.connect();
  const from = await findInstance(connection, args.instance);
  const to = await findInstance(connection, args.target);
  const save = zipName(args.save);
  const result = await context.output.during(`Copying ${save} to ${to.spec.name}`, (update) =>
    connection.request(
      TransferSave,
      {
        ...{ instanceId: from.id, save, toInstanceId: to.id, deleteSource: args.deleteSource },
        ...(args.name !== undefined && { name: zipName(args.name) }),
      },
      { timeoutMs: context.timeoutOr(COPY_TIMEOUT_MS), onProgress: showProgress(update) },
    ),
  );
  const deleted = result.sourceDeleted ? `; ${from.spec.name} has it no more` : "";
  await context.output.result(result, () => `${to.spec.name} has ${result.save.name}${deleted}\n`);
};

/** What takes saves over the network. */
export const copySaves = { upload, download, transfer };

function showProgress(update: (text: string) => void): (value: unknown) => void {
  const words = { export: "From the host", import: "To the host" };
  return (value) => {
    const { phase, doneBytes, sizeBytes } = value as TransferProgress;
    update(`${words[phase]}: ${share(doneBytes, sizeBytes)}`);
  };
}

function share(done: number, size: number): string {
  const percent = size === 0 ? 100 : Math.floor((done / size) * 100);
  return `${fileSize(done)} of ${fileSize(size)} (${percent} %)`;
}

async function chooseFile(context: CommandContext, file: string | undefined, save: string): Promise<string> {
  const path = resolve(context.io.workingDirectory, file ?? save);
  const found = await stat(path).catch(() => undefined); // not there: it is the file to make
  return found?.isDirectory() ? join(path, save) : path;
}

async function refuseTaken(file: string): Promise<void> {
  if (await stat(file).catch(() => undefined)) throw taken(file); // not there: nothing to refuse
}

async function putInPlace(part: string, file: string, force: boolean): Promise<void> {
  try {
    if (force) await rename(part, file);
    else await link(part, file).catch((error: unknown) => linkFailed(error, part, file));
  } catch (error) {
    throw explainSystemError(error, { path: file });
  } finally {
    await rm(part, { force: true });
  }
}

/** Where the file system has no links, the look that was taken before has to do. */
async function linkFailed(error: unknown, part: string, file: string): Promise<void> {
  if ((error as NodeJS.ErrnoException).code === "EEXIST") throw taken(file);
  await refuseTaken(file);
  await rename(part, file);
}

function taken(file: string): AppError {
  return new AppError("usage", { reason: `${file} is there already; write over it with --force` });
}
