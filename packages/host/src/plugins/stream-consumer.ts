import {
  AppError,
  ReadStream,
  type AddressText,
  type StreamEntry,
  type Validate,
} from "@switchyard/protocol";
import { errorFields, type Logger } from "@switchyard/node-kit";
import type { ConsumedEntry } from "@switchyard/plugin-api";
import type { ControllerLink } from "../controller-link.js";
import { Backoff } from "../pauses.js";

const WAIT_MS = 25_000;
const READ_ENTRIES = 100;
const MAX_ATTEMPTS = 5;

export interface StreamConsumerOptions {
  stream: string;
  from: AddressText;
  link: Pick<ControllerLink, "request" | "whenReady" | "isReady">;
  log: Logger;
  /** Ends it. */
  signal: AbortSignal;
  position: { get(): Promise<number | undefined>; set(position: number): Promise<void> };
  validate: Validate;
  handle(entry: ConsumedEntry<unknown>): Promise<void>;
}

/**
 * Reads a stream for one instance, one entry after the other, until the signal aborts. The read waits at the
 * controller, so an entry comes as soon as it is there; a lost session only means to ask again.
 */
export async function consumeStream(options: StreamConsumerOptions): Promise<void> {
  const { link, log, signal, stream } = options;
  const backoff = new Backoff(100, 5000);
  let position = await options.position.get();
  while (!signal.aborted) {
    await link.whenReady(signal);
    if (signal.aborted) return;
    try {
      position = await readOn(options, position);
      backoff.reset();
    } catch (error) {
      if (signal.aborted) return;
      log.debug(`Reading ${stream} will be tried again`, errorFields(error));
      if (link.isReady) await backoff.wait(signal);
    }
  }
}

/** One read with all its entries; the new position. */
async function readOn(options: StreamConsumerOptions, position: number | undefined): Promise<number> {
  const { link, from, signal, stream, log } = options;
  const { entries, head, oldest } = await link.request(
    ReadStream,
    { stream, after: position ?? null, limit: READ_ENTRIES, waitMs: WAIT_MS },
    { from, signal, timeoutMs: WAIT_MS + 15_000 },
  );
  if (position === undefined) {
    await options.position.set(head);
    return head;
  }
  if (head < position) {
    log.warn(
      `${stream} ends at ${head}, before the ${position} that was read: it was reset; reading from its end`,
    );
    await options.position.set(head);
    return head;
  }
  let reached = position;
  if (oldest > reached + 1) {
    log.warn(`${oldest - reached - 1} entries of ${stream} were dropped before this instance read them`);
    if (entries.length === 0) reached = oldest - 1;
  }
  for (const entry of entries) {
    if (entry.number <= reached) continue;
    if (!(await handleEntry(options, entry))) return reached;
    reached = entry.number;
    await options.position.set(reached);
  }
  return reached;
}

/** False when the end came first: the entry is to be handed again. */
async function handleEntry(options: StreamConsumerOptions, entry: StreamEntry): Promise<boolean> {
  const { log, signal, stream } = options;
  const fault = options.validate(entry.payload);
  if (fault !== undefined) {
    log.error(`Entry ${entry.number} of ${stream} is not as declared (${fault}); it is passed over`);
    return true;
  }
  const backoff = new Backoff(200, 5000);
  for (let attempts = 0; attempts < MAX_ATTEMPTS;) {
    if (signal.aborted) return false;
    try {
      await options.handle(entry);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (!isPassing(error)) attempts += 1;
      log.warn(`Handling entry ${entry.number} of ${stream} failed`, { attempts, ...errorFields(error) });
    }
    if (attempts < MAX_ATTEMPTS) await backoff.wait(signal);
  }
  log.error(`Entry ${entry.number} of ${stream} failed ${MAX_ATTEMPTS} times; it is passed over`);
  return true;
}

/** The entry is not to blame for a server that cannot be reached just now. */
function isPassing(error: unknown): boolean {
  return error instanceof AppError && (error.code === "rcon-lost" || error.code === "cancelled");
}
