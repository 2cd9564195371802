import { createHash } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { AppError, HTTP_PATHS, type BlobReference } from "@switchyard/protocol";
import { explainSystemError } from "@switchyard/node-kit";

const LONGEST_DOWNLOAD_MS = 30 * 60_000;

export interface DownloadOptions {
  controllerUrl: string;
  token: string;
  blob: BlobReference;
  /** Appears only whole and with the right checksum. */
  target: string;
  signal: AbortSignal;
}

/**
 * Fetches a blob from the controller. Rejects with `save-refused` when the bytes are not those that were promised,
 * `controller-unreachable`, `disk-full`, or the signal's reason.
 */
export async function downloadBlob(options: DownloadOptions): Promise<void> {
  // Never taken for a save, should the host be killed here.
  const temporary = `${options.target}.tmp.zip`;
  try {
    const file = await open(temporary, "w", 0o644);
    try {
      await receive(options, file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, options.target);
  } catch (error) {
    await rm(temporary, { force: true });
    options.signal.throwIfAborted();
    throw explainSystemError(error, { path: options.target });
  }
}

async function receive(options: DownloadOptions, file: FileHandle): Promise<void> {
  const { blob } = options;
  const hash = createHash("sha256");
  let received = 0;
  for await (const chunk of await requestBlob(options)) {
    received += chunk.byteLength;
    if (received > blob.sizeBytes) throw mismatch(`more than the promised ${blob.sizeBytes} bytes came`);
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  if (received !== blob.sizeBytes) throw mismatch(`${received} of ${blob.sizeBytes} bytes came`);
  if (hash.digest("hex") !== blob.sha256) throw mismatch("its checksum is another one");
}

async function requestBlob(options: DownloadOptions): Promise<AsyncIterable<Uint8Array>> {
  const url = new URL(`${HTTP_PATHS.blobs}/${options.blob.sha256}`, options.controllerUrl);
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${options.token}` },
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(LONGEST_DOWNLOAD_MS)]),
  }).catch((error: unknown) => {
    throw unreachable(options.controllerUrl, error);
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw unreachable(options.controllerUrl, new Error(`it answered ${response.status} for the save`));
  }
  return readBody(response.body, options.controllerUrl);
}

async function* readBody(body: AsyncIterable<Uint8Array>, controllerUrl: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw unreachable(controllerUrl, error);
  }
}

function mismatch(what: string): AppError {
  return new AppError("save-refused", {
    reason: `the download from the controller was damaged (${what}); try again, or upload the save once more`,
  });
}

function unreachable(url: string, error: unknown): AppError {
  const { message, cause } = error as Error;
  return new AppError(
    "controller-unreachable",
    { url, reason: cause instanceof Error ? cause.message : message },
    { cause: error },
  );
}
