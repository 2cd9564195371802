import { errorFields, type Logger } from "./logger.js";

/** Owns what a program has opened, and closes it in the reverse order. */
export class Lifecycle {
  private readonly owned: { name: string; close: () => void | Promise<void> }[] = [];
  private closing: Promise<void> | undefined;

  constructor(private readonly log: Logger) {}

  /** Keeps `close` for later; things opened first are closed last. */
  own(name: string, close: () => void | Promise<void>): void {
    this.owned.push({ name, close });
  }

  /** Closes everything once. A part that fails or takes longer than `limitMs` is logged, and the rest goes on. */
  close(limitMs = 60_000): Promise<void> {
    this.closing ??= this.closeAll(limitMs);
    return this.closing;
  }

  private async closeAll(limitMs: number): Promise<void> {
    for (let part = this.owned.pop(); part; part = this.owned.pop()) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`took longer than ${limitMs} ms`)), limitMs);
      });
      try {
        await Promise.race([part.close(), late]);
      } catch (error) {
        this.log.error(`Closing ${part.name} failed`, errorFields(error));
      } finally {
        clearTimeout(timer);
      }
    }
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP, or when `until` aborts. Any signal after that ends the process at
 * once with exit code 1, so that an impatient Ctrl-C is always obeyed.
 */
export function untilSignal(until?: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    let isEnding = false;
    const end = (reason: string) => {
      isEnding = true;
      resolve(reason);
    };
    const onSignal = (signal: NodeJS.Signals) => {
      if (isEnding) process.exit(1);
      end(signal);
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
    if (until?.aborted) end("abort");
    else until?.addEventListener("abort", () => end("abort"), { once: true });
  });
}
