import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { basename } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { explainSystemError } from "@switchyard/node-kit/system-errors";
import { AppError, HTTP_PATHS, type BlobReference } from "@switchyard/protocol";

export interface UploadOptions {
  /** The controller's address, without a path. */
  url: string;
  token: string;
  file: string;
  onProgress?: (sentBytes: number, sizeBytes: number) => void;
  signal?: AbortSignal;
}

export interface UploadedSave {
  name: string;
  blob: BlobReference;
}

const MAX_ANSWER_BYTES = 64 * 1024;

/** Sends a save to the controller, where a host fetches it from; what arrived is compared with what was read. */
export async function uploadSave(options: UploadOptions): Promise<UploadedSave> {
  const sizeBytes = await saveSize(options.file);
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
  const { status, body } = await put(options, sizeBytes, meter);
  if (status !== 200 && status !== 201) throw refusal(status, body);
  const blob = JSON.parse(body) as BlobReference;
  if (blob.sha256 !== hash.digest("hex")) {
    throw new AppError("save-refused", { reason: "it was damaged on the way to the controller; try again" });
  }
  return { name: saveNameOf(options.file), blob: { sha256: blob.sha256, sizeBytes: blob.sizeBytes } };
}

/** The name that the save gets in the cluster: the file's own, with `.zip` where that is missing. */
export function saveNameOf(file: string): string {
  const name = basename(file);
  return name.toLowerCase().endsWith(".zip") ? `${name.slice(0, -4)}.zip` : `${name}.zip`;
}

async function saveSize(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new AppError("save-refused", { reason: `${file} is not a file` });
    return found.size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new AppError("save-not-found", { save: file });
    throw explainSystemError(error, { path: file });
  }
}

async function put(
  options: UploadOptions,
  sizeBytes: number,
  meter: Transform,
): Promise<{ status: number; body: string }> {
  const url = new URL(options.url.replace(/\/+$/, "") + HTTP_PATHS.blobs);
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const request = send(url, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${options.token}`,
      "content-type": "application/octet-stream",
      "content-length": sizeBytes,
    },
    ...(options.signal && { signal: options.signal }),
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
  // A refusal may come, and the connection end, before all is sent; then the answer counts and not the broken pipe.
  const sent = pipeline(createReadStream(options.file), meter, request).catch((error: unknown) => error);
  try {
    const response = await answer;
    const body = await readBody(response);
    if (response.statusCode === 200 || response.statusCode === 201) await sent;
    return { status: response.statusCode ?? 0, body };
  } catch (error) {
    if (options.signal?.aborted) throw new AppError("cancelled");
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError("controller-unreachable", { url: options.url, reason }, { cause: error });
  } finally {
    request.destroy();
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

/** The controller answers with an ErrorPayload; what stands between (a proxy) may answer with anything. */
function refusal(status: number, body: string): AppError {
  try {
    const payload = JSON.parse(body) as { code?: unknown; message?: unknown; error?: unknown };
    const inner = (typeof payload.error === "object" ? payload.error : payload) as typeof payload;
    if (typeof inner.code === "string" && typeof inner.message === "string")
      return AppError.fromPayload(inner as { code: string; message: string });
  } catch {
    // Not JSON: not the controller's own answer.
  }
  return new AppError("save-refused", { reason: `the controller answered with status ${status}` });
}
