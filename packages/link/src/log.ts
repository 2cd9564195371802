/** Where the link says what went wrong; a program passes its own logger. */
export interface LinkLog {
  warn(text: string, details?: Record<string, unknown>): void;
  debug?(text: string, details?: Record<string, unknown>): void;
}

/** Says nothing. */
export const silentLog: LinkLog = { warn: () => {} };

/**
 * Lets each key through once per `everyMs`, so that a peer that repeats its fault does not fill the log.
 * Remembers at most `maxKeys` keys; the oldest are forgotten first.
 */
export class LogLimiter {
  readonly #last = new Map<string, number>();

  constructor(
    private readonly everyMs: number,
    private readonly now: () => number,
    private readonly maxKeys = 1000,
  ) {}

  allows(key: string): boolean {
    const now = this.now();
    const last = this.#last.get(key);
    if (last !== undefined && now - last < this.everyMs) return false;
    this.#last.delete(key);
    this.#last.set(key, now);
    if (this.#last.size > this.maxKeys) {
      for (const oldest of this.#last.keys()) {
        this.#last.delete(oldest);
        break;
      }
    }
    return true;
  }
}
