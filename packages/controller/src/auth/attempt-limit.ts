import { AppError } from "@switchyard/protocol";

const WINDOW_MS = 60_000;
const MAX_FAILURES = 20;
const MAX_ADDRESSES = 10_000;

/** Holds off addresses that fail to sign in too often: 20 failures a minute. In memory; the oldest of 10,000 are forgotten. */
export class AttemptLimit {
  private readonly failures = new Map<string, { count: number; untilMs: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  /** Throws `too-many-attempts`. */
  check(address: string): void {
    const entry = this.failures.get(address);
    if (!entry || entry.untilMs <= this.now() || entry.count < MAX_FAILURES) return;
    throw new AppError("too-many-attempts", {
      address,
      seconds: Math.ceil((entry.untilMs - this.now()) / 1000),
    });
  }

  failed(address: string): void {
    const known = this.failures.get(address);
    const entry = known && known.untilMs > this.now() ? known : { count: 0, untilMs: this.now() + WINDOW_MS };
    entry.count += 1;
    this.failures.delete(address);
    this.failures.set(address, entry);
    const oldest = this.failures.keys().next();
    if (this.failures.size > MAX_ADDRESSES && !oldest.done) this.failures.delete(oldest.value);
  }
}
