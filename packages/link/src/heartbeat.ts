import type { Clock } from "./clock.js";

interface Effects {
  beat(): void;
  silent(): void;
}

/** Sends a sign of life at a fixed pace and notices when none comes from the other side. */
export class Heartbeat {
  #lastHeard = 0;
  #lastTick = 0;
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
    this.#lastHeard = this.#lastTick = this.clock.now();
    this.#next();
  }

  heard(): void {
    this.#lastHeard = this.clock.now();
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
    this.effects.beat();
  }
}
