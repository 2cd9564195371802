import { setTimeout as sleep } from "node:timers/promises";
import { AppError, HTTP_PATHS } from "@switchyard/protocol";

/** Where blobs are kept, and as whom to ask. */
export interface BlobServer {
  /** The controller's address; a path is left out. */
  url: string;
  token: string;
}

export type OnBlobProgress = (doneBytes: number, sizeBytes: number) => void;

/** No byte for this long counts as a cut. */
export const SILENCE_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

export function blobUrl(server: BlobServer, sha256?: string): URL {
  const path = sha256 === undefined ? HTTP_PATHS.blobs : `${HTTP_PATHS.blobs}/${sha256}`;
  return new URL(server.url.replace(/\/+$/, "") + path);
}

/** An attempt that failed in a way that may be over soon: the network, a proxy, a controller that restarts. */
export class Interruption extends Error {}

/**
 * Repeats an attempt that ends with an Interruption, until there was no progress for the patience; then rejects with
 * `controller-unreachable`. Other errors go through at once; so does `cancelled`, or the signal's own AppError. `progress` answers a number that grows.
 */
export async function withPatience<T>(
  server: BlobServer,
  { patienceMs, signal, progress }: { patienceMs: number; signal: AbortSignal; progress: () => number },
  attempt: () => Promise<T>,
): Promise<T> {
  let best = 0;
  let pauseMs = FIRST_PAUSE_MS;
  for (let since = performance.now(); ;) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (error) {
      throwIfAborted(signal);
      if (!(error instanceof Interruption)) throw error;
      if (progress() > best) {
        best = progress();
        since = performance.now();
        pauseMs = FIRST_PAUSE_MS;
      }
      if (performance.now() - since + pauseMs > patienceMs) {
        throw new AppError(
          "controller-unreachable",
          { url: server.url, reason: error.message },
          { cause: error },
        );
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason instanceof AppError ? signal.reason : new AppError("cancelled");
}

/** What an answer that is not a success means: a refusal is final, a fault of the server is not. */
export function refusalOf(status: number, body: string): AppError | Interruption {
  try {
    const payload = JSON.parse(body) as { code?: unknown; message?: unknown };
    if (typeof payload.code === "string" && typeof payload.message === "string" && status < 500)
      return AppError.fromPayload(payload as { code: string; message: string });
    if (payload.code === "disk-full" || payload.code === "uploads-full")
      return AppError.fromPayload(payload as { code: string; message: string });
  } catch {
    // Not JSON: not the controller's own answer.
  }
  const text = `the controller answered with status ${status}`;
  return status >= 500 ? new Interruption(text) : new AppError("save-refused", { reason: text });
}

export function interruption(error: unknown): Interruption {
  const { message, cause } = error as Error;
  return new Interruption(cause instanceof Error ? cause.message : message, { cause: error });
}
