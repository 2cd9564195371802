import type { Clock } from "./clock.js";

interface Effects {
  beat(): void;
  silent(): void;
}

/** Sends a sign of life at a fixed pace and notices when none comes from the other side. */
export class Heartbeat {
  #lastHeard = 0;
  #lastTick = 0;
  #lastBeat = 0;
  #timer: unknown;
  readonly #tickMs: number;
  readonly #silenceMs: number;

  constructor(
    private readonly clock: Clock,
    limits: { heartbeatMs: number; silenceMs: number },
    private readonly effects: Effects,
  ) {
    this.#silenceMs = limits.silenceMs;
    this.#tickMs = Math.min(limits.heartbeatMs, Math.ceil(limits.silenceMs / 3));
  }

  start(): void {
    this.stop();
    this.#lastHeard = this.#lastTick = this.#lastBeat = this.clock.now();
    this.#next();
  }

  heard(): void {
    this.#lastHeard = this.clock.now();
  }

  /**
   * The other side's sign of life came. When the own one is overdue it goes out now: browsers hold back the timers of
   * pages in the background for a minute, but not their messages.
   */
  heardBeat(): void {
    if (this.clock.now() - this.#lastBeat > this.#tickMs) this.#beat();
  }

  stop(): void {
    this.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #next(): void {
    this.#timer = this.clock.setTimeout(() => this.#tick(), this.#tickMs);
  }

  #tick(): void {
    const now = this.clock.now();
    // A tick that comes late means that this process stood still; what the peer sent meanwhile was not read yet.
    const stoodStill = now - this.#lastTick > this.#tickMs * 2;
    this.#lastTick = now;
    if (!stoodStill && now - this.#lastHeard >= this.#silenceMs) {
      this.stop();
      this.effects.silent();
      return;
    }
    this.#next();
    this.#beat();
  }

  #beat(): void {
    this.#lastBeat = this.clock.now();
    this.effects.beat();
  }
}
