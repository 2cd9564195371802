import { setTimeout as sleep } from "node:timers/promises";

/** Resolves after the time or when the signal aborts, whichever comes first; never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

/** Pauses that double from the first to the longest, with up to a quarter added or taken, so that peers do not act as one. */
export class Backoff {
  #next: number;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
  ) {
    this.#next = firstMs;
  }

  async wait(signal?: AbortSignal): Promise<void> {
    const ms = this.#next * (0.75 + Math.random() / 2);
    this.#next = Math.min(this.#next * 2, this.longestMs);
    await pause(ms, signal);
  }

  reset(): void {
    this.#next = this.firstMs;
  }
}

/** Runs the work for each item, at most `limit` at a time. The work handles its own failures. */
export async function forEachBounded<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

/** The promise's value, or undefined when the time is over first. The promise itself goes on. */
export async function atMost<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([promise, pause(ms, over.signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}
