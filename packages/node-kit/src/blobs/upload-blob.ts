import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppError, type BlobReference } from "@switchyard/protocol";
import { explainSystemError } from "../system-errors.js";
import {
  blobUrl,
  Interruption,
  interruption,
  refusalOf,
  SILENCE_MS,
  withPatience,
  type BlobServer,
  type OnBlobProgress,
} from "./blob-http.js";

export interface UploadBlobOptions extends BlobServer {
  file: string;
  signal: AbortSignal;
  onProgress?: OnBlobProgress;
  /** How long to try anew; default 0: one attempt. An upload begins from its start each time. */
  patienceMs?: number;
}

const MAX_ANSWER_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;

/**
 * Sends a file to the controller; what arrived is compared with what was read. The file may be replaced meanwhile: the one that
 * was opened is sent. Rejects `save-not-found`, `save-refused`, `controller-unreachable`, `payload-too-large`, `cancelled`...
 */
export async function uploadBlob(options: UploadBlobOptions): Promise<BlobReference> {
  const { signal, patienceMs = 0 } = options;
  const file = await openFile(options.file);
  try {
    const { size } = await file.stat();
    return await withPatience(options, { patienceMs, signal, progress: () => 0 }, () =>
      send(options, file, size),
    );
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new AppError("save-not-found", { save: path });
    throw explainSystemError(error, { path });
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new AppError("save-refused", { reason: `${path} is not a file` });
}

async function send(options: UploadBlobOptions, file: FileHandle, sizeBytes: number): Promise<BlobReference> {
  const hash = createHash("sha256");
  let sentBytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sentBytes += chunk.length;
      options.onProgress?.(sentBytes, sizeBytes);
      done(null, chunk);
    },
  });
  const { status, body } = await put(options, file, sizeBytes, meter);
  if (status !== 200 && status !== 201) throw refusalOf(status, body);
  const blob = JSON.parse(body) as BlobReference;
  if (blob.sha256 !== hash.digest("hex") || blob.sizeBytes !== sizeBytes) {
    throw new AppError("save-refused", { reason: "it was damaged on the way to the controller; try again" });
  }
  return { sha256: blob.sha256, sizeBytes };
}

async function put(
  options: UploadBlobOptions,
  file: FileHandle,
  sizeBytes: number,
  meter: Transform,
): Promise<{ status: number; body: string }> {
  const url = blobUrl(options);
  const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${options.token}`,
      "content-type": "application/octet-stream",
      "content-length": sizeBytes,
    },
    signal: options.signal,
  });
  request.setTimeout(SILENCE_MS, () => request.destroy(new Error(`nothing moved for ${SILENCE_MS} ms`)));
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
  // A refusal may come, and the connection end, before all is sent; then the answer counts and not the broken pipe.
  const sent = pipeline(() => readChunks(file, sizeBytes), meter, request).catch((error: unknown) => error);
  try {
    const response = await answer;
    const body = await readBody(response);
    if (response.statusCode === 200 || response.statusCode === 201) await sent;
    return { status: response.statusCode ?? 0, body };
  } catch (error) {
    if (options.signal.aborted) throw new AppError("cancelled");
    throw error instanceof Interruption ? error : interruption(error);
  } finally {
    request.destroy();
    await sent;
  }
}

/** Not a stream of the handle, which would close it when it breaks off. A file that shrinks ends the attempt. */
async function* readChunks(file: FileHandle, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < sizeBytes;) {
    const length = Math.min(CHUNK_BYTES, sizeBytes - at);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) throw new Error("the file became shorter while it was sent");
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
