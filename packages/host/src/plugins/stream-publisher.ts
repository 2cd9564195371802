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

/**
 * The line of a server's journal that an entry comes from. When the line is handed on again after a kill, its entries get the same
 * positions, and the controller leaves out those it has.
 */
export interface EntryOrigin {
  epoch: string;
  /** Grows within the epoch, from entry to entry of one stream. */
  position: number;
  /** Called when the entry is taken; what it returns, when the controller has it, or never will. */
  hold(): () => void;
}

interface QueuedEntry {
  payload: unknown;
  bytes: number;
  epoch: string;
  position: number;
  release: () => void;
}

interface Waiter {
  taken: () => void;
  refused: (error: AppError) => void;
  entry: QueuedEntry;
}

/**
 * The line of one instance to one stream. Entries without an origin have positions from 1 within this object's life, so that a
 * batch which is sent again after a lost answer is taken once. It outlives the instance's runs.
 */
export class StreamPublisher {
  readonly #epoch = createId();
  readonly #queue: QueuedEntry[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #closing = new AbortController();
  #bytes = 0;
  /** Of the last entry without an origin. */
  #position = 0;
  #pump: Promise<void> | undefined;

  constructor(private readonly options: StreamPublisherOptions) {}

  get waiting(): number {
    return this.#queue.length + this.#waiters.length;
  }

  /** False, and not taken, when too much waits. The payload must be JSON; it is copied. */
  publish(payload: unknown, origin?: EntryOrigin): boolean {
    const text = JSON.stringify(payload);
    const isFull = this.#waiters.length > 0 || !this.#hasRoom(Buffer.byteLength(text));
    if (isFull || this.#closing.signal.aborted) return false;
    this.#take(this.#entry(text, origin));
    return true;
  }

  /** Resolves when the entry is taken, in the order of the calls. Rejects `shutting-down` after close(). */
  publishOrWait(payload: unknown, origin?: EntryOrigin): Promise<void> {
    const text = JSON.stringify(payload);
    if (this.#closing.signal.aborted) return Promise.reject(this.#closed());
    const entry = this.#entry(text, origin);
    if (this.#waiters.length === 0 && this.#hasRoom(entry.bytes)) {
      this.#take(entry);
      return Promise.resolve();
    }
    return new Promise((taken, refused) => this.#waiters.push({ taken, refused, entry }));
  }

  /** Resolves when nothing waits, or after `close`. */
  async flushed(): Promise<void> {
    await this.#pump;
  }

  /** What still waits is lost, unless its line is in a journal. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const waiter of this.#waiters.splice(0)) waiter.refused(this.#closed());
    await this.#pump;
  }

  /** An entry larger than the limit passes alone. */
  #hasRoom(bytes: number): boolean {
    if (this.#queue.length === 0) return true;
    return this.#queue.length < MAX_ENTRIES && this.#bytes + bytes <= MAX_BYTES;
  }

  #entry(text: string, origin: EntryOrigin | undefined): QueuedEntry {
    return {
      payload: JSON.parse(text) as unknown,
      bytes: Buffer.byteLength(text),
      epoch: origin?.epoch ?? this.#epoch,
      position: origin?.position ?? (this.#position += 1),
      release: origin?.hold() ?? (() => undefined),
    };
  }

  #take(entry: QueuedEntry): void {
    this.#queue.push(entry);
    this.#bytes += entry.bytes;
    this.#pump ??= this.#deliver();
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
    const batch = this.#queue.slice(0, count);
    await link.request(
      PublishToStream,
      {
        stream,
        epoch: batch[0]?.epoch ?? "",
        positions: batch.map((entry) => entry.position),
        payloads: batch.map((entry) => entry.payload),
      },
      { from, signal },
    );
  }

  /** A batch is of one epoch. */
  #batchLength(limit: number): number {
    let bytes = 0;
    let count = 0;
    for (const entry of this.#queue) {
      bytes += entry.bytes;
      if (count > 0 && (count >= limit || bytes > BATCH_BYTES || entry.epoch !== this.#queue[0]?.epoch))
        break;
      count += 1;
    }
    return count;
  }

  #drop(count: number): void {
    for (const entry of this.#queue.splice(0, count)) {
      this.#bytes -= entry.bytes;
      entry.release();
    }
    for (let next = this.#waiters[0]; next && this.#hasRoom(next.entry.bytes); next = this.#waiters[0]) {
      this.#waiters.shift();
      this.#take(next.entry);
      next.taken();
    }
  }

  #closed(): AppError {
    return new AppError("shutting-down", { what: "The host" });
  }
}
