import { isIpcLine, type IpcDecoder } from "../ipc/ipc-decoder.js";
import type { ServerEvent } from "../lines/server-event.js";
import { Waiters } from "../waiters.js";

interface Item {
  at: number;
  bytes: number;
  /** An IPC line, or what another line means. */
  what: string | ServerEvent;
}

interface Held {
  at: number;
  count: number;
}

const MAX_QUEUED = 256;
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

/**
 * Hands IPC messages and events on in the order of their lines, each after the handlers of the one before are done, and knows
 * which lines are not done with. Handlers that do not wait are called before message() or event() returns.
 */
export class OrderedDelivery {
  readonly #ipc: Pick<IpcDecoder, "accept" | "isIdle" | "drain">;
  readonly #emit: (event: ServerEvent) => Promise<void> | undefined;
  #queue: Item[] = [];
  /** Those that wait; also while #run has taken the queue over. */
  #queued = 0;
  #queuedBytes = 0;
  #isBusy = false;
  /** Of the line that is being handled. */
  #current = 0;
  /** Lines that somebody holds, oldest first. */
  #held: Held[] = [];
  readonly #waiters = new Waiters();

  constructor(
    ipc: Pick<IpcDecoder, "accept" | "isIdle" | "drain">,
    emit: (event: ServerEvent) => Promise<void> | undefined,
  ) {
    this.#ipc = ipc;
    this.#emit = emit;
  }

  /** The offset of the line that is being handled; of use while a handler is called. */
  get current(): number {
    return this.#current;
  }

  /** False when it is no IPC line. `at` grows from call to call, over messages and events. */
  message(line: string, bytes: number, at: number): boolean {
    if (!isIpcLine(line)) return false;
    this.#push(line, bytes, at);
    return true;
  }

  event(event: ServerEvent, bytes: number, at: number): void {
    this.#push(event, bytes, at);
  }

  /** The offset of the oldest line that is not done with; undefined when all are. */
  get oldest(): number | undefined {
    const held = this.#held[0]?.at;
    if (!this.#isBusy) return held;
    return held === undefined ? this.#current : Math.min(held, this.#current);
  }

  /** The line at the offset does not count as done until the returned function is called. */
  hold(at: number): () => void {
    const own = this.#heldAt(at);
    own.count += 1;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      own.count -= 1;
      this.#forgetReleased();
    };
  }

  get isReady(): boolean {
    return this.#queued < MAX_QUEUED && this.#queuedBytes < MAX_QUEUED_BYTES;
  }

  /** Resolves when so little waits that more may come. */
  ready(): Promise<void> {
    return this.#waiters.when(() => this.isReady);
  }

  /** Resolves when every handler is done; lines may still be held. */
  drained(): Promise<void> {
    return this.#waiters.when(() => !this.#isBusy);
  }

  /** Resolves when no line is held or being handled. */
  settled(): Promise<void> {
    return this.#waiters.when(() => this.oldest === undefined);
  }

  #push(what: Item["what"], bytes: number, at: number): void {
    if (this.#isBusy) {
      this.#queue.push({ what, bytes, at });
      this.#queued += 1;
      this.#queuedBytes += bytes;
      return;
    }
    const pending = this.#handle(what, bytes, at);
    if (!pending) return;
    this.#isBusy = true;
    void this.#run(pending); // never rejects
  }

  /** Undefined when it is done with. Never throws or rejects: both ends report their failures. */
  #handle(what: Item["what"], bytes: number, at: number): Promise<void> | undefined {
    this.#current = at;
    if (typeof what !== "string") return this.#emit(what);
    this.#ipc.accept(what, bytes);
    return this.#ipc.isIdle ? undefined : this.#ipc.drain();
  }

  async #run(first: Promise<void>): Promise<void> {
    await first;
    while (this.#queue.length > 0) {
      const items = this.#queue;
      this.#queue = [];
      for (const { what, bytes, at } of items) {
        const pending = this.#handle(what, bytes, at);
        if (pending) await pending;
        this.#queued -= 1;
        this.#queuedBytes -= bytes;
        if (this.#queued === MAX_QUEUED - 1) this.#waiters.wake();
      }
      this.#waiters.wake();
    }
    this.#isBusy = false;
    this.#waiters.wake();
  }

  /** Nearly always the newest. */
  #heldAt(at: number): Held {
    let index = this.#held.length;
    while (index > 0 && (this.#held[index - 1]?.at ?? 0) > at) index -= 1;
    const known = this.#held[index - 1];
    if (known?.at === at) return known;
    const held = { at, count: 0 };
    this.#held.splice(index, 0, held);
    return held;
  }

  #forgetReleased(): void {
    let released = 0;
    while (this.#held[released]?.count === 0) released += 1;
    if (released === 0) return;
    this.#held.splice(0, released);
    this.#waiters.wake();
  }
}
