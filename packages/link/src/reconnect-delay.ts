import type { Clock } from "./clock.js";

const REFUSED_DELAY_MS = 30_000;

/**
 * Full jitter: any time between nothing and a bound that doubles with each attempt. With a bound of 3 s, two hundred
 * hosts come back spread over the three seconds after the controller does.
 */
export class ReconnectDelay {
  #attempt = 0;
  readonly #firstMs: number;
  readonly #maxMs: number;

  constructor(
    options: { firstDelayMs: number; maxDelayMs: number } = { firstDelayMs: 100, maxDelayMs: 3000 },
    private readonly random: () => number = Math.random,
  ) {
    this.#firstMs = options.firstDelayMs;
    this.#maxMs = options.maxDelayMs;
  }

  next(): number {
    const bound = Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(this.#attempt, 30));
    this.#attempt += 1;
    return this.random() * bound;
  }

  /** Slow, and spread over a third, since all hosts may be refused at the same time. */
  afterRefusal(): number {
    return REFUSED_DELAY_MS * (1 - this.random() / 3);
  }

  /** A connection that lasted starts the count anew; one that broke at once does not, or a fault would be hammered. */
  wasOpenFor(durationMs: number): void {
    if (durationMs >= this.#maxMs) this.#attempt = 0;
  }
}

/** Ends after `ms` or when one of the signals is aborted. */
export function abortableDelay(clock: Clock, ms: number, ...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clock.clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.setTimeout(end, ms);
    for (const signal of signals) signal.addEventListener("abort", end, { once: true });
    if (signals.some((signal) => signal.aborted)) end();
  });
}
