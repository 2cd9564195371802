import { createHash, type Hash } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
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

export interface DownloadBlobOptions extends BlobServer {
  blob: BlobReference;
  /** Made anew; there when this resolves, gone when it rejects. */
  file: string;
  signal: AbortSignal;
  onProgress?: OnBlobProgress;
  /** How long to go on without getting any further; default 60,000. */
  patienceMs?: number;
}

interface Received {
  file: FileHandle;
  hash: Hash;
  bytes: number;
}

/**
 * Fetches a blob and goes on where it was cut. On disk, and with the length and SHA-256 that were promised, when it resolves.
 * Rejects `save-refused` (other bytes came), `controller-unreachable`, `not-found`, `disk-full`, or the signal's reason.
 */
export async function downloadBlob(options: DownloadBlobOptions): Promise<void> {
  const { signal, patienceMs = 60_000 } = options;
  try {
    const file = await open(options.file, "wx", 0o644);
    try {
      const received: Received = { file, hash: createHash("sha256"), bytes: 0 };
      await withPatience(options, { patienceMs, signal, progress: () => received.bytes }, () =>
        receiveRest(options, received),
      );
      if (received.hash.digest("hex") !== options.blob.sha256) throw damaged("its checksum is another one");
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(options.file, { force: true });
    throw explainSystemError(error, { path: options.file });
  }
}

async function receiveRest(options: DownloadBlobOptions, received: Received): Promise<void> {
  const { blob, onProgress } = options;
  if (received.bytes === blob.sizeBytes && received.bytes > 0) return;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`nothing came for ${SILENCE_MS} ms`)), SILENCE_MS);
  try {
    const body = await request(options, received, AbortSignal.any([options.signal, silence.signal]));
    for await (const chunk of body) {
      timer.refresh();
      if (received.bytes + chunk.byteLength > blob.sizeBytes)
        throw damaged(`more than the promised ${blob.sizeBytes} bytes came`);
      await received.file.writeFile(chunk);
      received.hash.update(chunk);
      received.bytes += chunk.byteLength;
      onProgress?.(received.bytes, blob.sizeBytes);
    }
  } finally {
    clearTimeout(timer);
  }
  if (received.bytes < blob.sizeBytes)
    throw new Interruption(`it ended after ${received.bytes} of ${blob.sizeBytes} bytes`);
}

async function request(
  options: DownloadBlobOptions,
  { bytes }: Received,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(blobUrl(options, options.blob.sha256), {
    headers: {
      authorization: `Bearer ${options.token}`,
      ...(bytes > 0 && { range: `bytes=${bytes}-` }),
    },
    signal,
  }).catch((error: unknown) => {
    throw interruption(error);
  });
  if (!response.ok || response.body === null) {
    throw refusalOf(
      response.status,
      await response.text().catch((error: unknown) => {
        throw interruption(error);
      }),
    );
  }
  if (bytes > 0 && !response.headers.get("content-range")?.startsWith(`bytes ${bytes}-`)) {
    await response.body.cancel();
    throw damaged("the controller did not go on where it was cut");
  }
  return interruptible(response.body);
}

/** Only what the network does may be tried again; a full disk may not. */
async function* interruptible(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw interruption(error);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await chunks.return?.().catch(() => undefined); // the connection is over in any case
  }
}

function damaged(what: string): AppError {
  return new AppError("save-refused", {
    reason: `the download from the controller was damaged (${what}); try again, or upload the save once more`,
  });
}
