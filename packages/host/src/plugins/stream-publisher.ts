import { AppError, PublishToStream, type AddressText, type ErrorCode } from "@switchyard/protocol";
import { createId, errorFields, type Logger } from "@switchyard/node-kit";
import type { ControllerLink } from "../controller-link.js";
import { Backoff } from "../pauses.js";

const MAX_ENTRIES = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;
const BATCH_ENTRIES = 200;
/** Well below the largest frame. */
const BATCH_BYTES = 1024 * 1024;

/** Answers that do not change by asking again. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "bad-request",
  "unknown-message",
  "frame-too-large",
  "malformed-frame",
]);

export interface StreamPublisherOptions {
  stream: string;
  /** The instance. */
  from: AddressText;
  link: Pick<ControllerLink, "request" | "whenReady" | "isReady">;
  log: Logger;
}

interface QueuedEntry {
  payload: unknown;
  bytes: number;
}

/**
 * The line of one instance to one stream. Entries have positions from 1 within this object's life (the epoch), so that
 * a batch which is sent again after a lost answer is taken once. It outlives the instance's runs.
 */
export class StreamPublisher {
  readonly #epoch = createId();
  readonly #queue: QueuedEntry[] = [];
  readonly #closing = new AbortController();
  #bytes = 0;
  /** Of the first entry in the queue. */
  #position = 1;
  #pump: Promise<void> | undefined;

  constructor(private readonly options: StreamPublisherOptions) {}

  get waiting(): number {
    return this.#queue.length;
  }

  /** False, and not taken, when too much waits. The payload must be JSON; it is copied. */
  publish(payload: unknown): boolean {
    const text = JSON.stringify(payload);
    const bytes = Buffer.byteLength(text);
    const isFull = this.#queue.length >= MAX_ENTRIES || this.#bytes + bytes > MAX_BYTES;
    if (isFull || this.#closing.signal.aborted) return false;
    this.#queue.push({ payload: JSON.parse(text) as unknown, bytes });
    this.#bytes += bytes;
    this.#pump ??= this.#deliver();
    return true;
  }

  /** Resolves when nothing waits, or after `close`. */
  async flushed(): Promise<void> {
    await this.#pump;
  }

  /** What still waits is lost. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#pump;
  }

  async #deliver(): Promise<void> {
    const { link, log, stream } = this.options;
    const { signal } = this.#closing;
    const backoff = new Backoff(100, 5000);
    let limit = BATCH_ENTRIES;
    while (this.#queue.length > 0 && !signal.aborted) {
      await link.whenReady(signal);
      if (signal.aborted) break;
      const count = this.#batchLength(limit);
      try {
        await this.#send(count, signal);
        this.#drop(count);
        backoff.reset();
        limit = BATCH_ENTRIES;
      } catch (error) {
        if (signal.aborted) break;
        const refusal = AppError.from(error);
        if (!FINAL.has(refusal.code)) {
          log.debug(`Entries for ${stream} wait`, errorFields(refusal));
          // After a lost session the next one is waited for, and then nothing else.
          if (link.isReady) await backoff.wait(signal);
        } else if (count > 1) {
          limit = 1; // finds the one entry that is refused
        } else {
          log.error(`The controller refused an entry for ${stream}; it is left out`, errorFields(refusal));
          this.#drop(1);
        }
      }
    }
    this.#pump = undefined;
  }

  async #send(count: number, signal: AbortSignal): Promise<void> {
    const { link, stream, from } = this.options;
    await link.request(
      PublishToStream,
      {
        stream,
        epoch: this.#epoch,
        firstPosition: this.#position,
        payloads: this.#queue.slice(0, count).map((entry) => entry.payload),
      },
      { from, signal },
    );
  }

  #batchLength(limit: number): number {
    let bytes = 0;
    let count = 0;
    for (const entry of this.#queue) {
      bytes += entry.bytes;
      if (count > 0 && (count >= limit || bytes > BATCH_BYTES)) break;
      count += 1;
    }
    return count;
  }

  #drop(count: number): void {
    for (const entry of this.#queue.splice(0, count)) this.#bytes -= entry.bytes;
    this.#position += count;
  }
}
