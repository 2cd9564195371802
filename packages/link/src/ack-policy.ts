import type { Clock } from "./clock.js";

const FRAMES = 64;
const BYTES = 256 * 1024;
const DELAY_MS = 50;

/**
 * When an ack frame of its own is due. Every frame that goes out carries the ack, so that a conversation needs none;
 * a one-sided flow is acked each 64 frames, 256 KiB or 50 ms, which keeps the sender's buffer small.
 */
export class AckPolicy {
  #frames = 0;
  #bytes = 0;
  #timer: unknown;

  constructor(
    private readonly clock: Clock,
    private readonly sendAck: () => void,
  ) {}

  received(bytes: number): void {
    this.#frames += 1;
    this.#bytes += bytes;
    if (this.#frames >= FRAMES || this.#bytes >= BYTES) this.sendAck();
    else this.#timer ??= this.clock.setTimeout(() => this.#due(), DELAY_MS);
  }

  /** An ack went out. The timer goes on: to set it anew for each frame would cost more than an empty round. */
  sent(): void {
    this.#frames = 0;
    this.#bytes = 0;
  }

  stop(): void {
    this.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.sent();
  }

  #due(): void {
    this.#timer = undefined;
    if (this.#frames > 0) this.sendAck();
  }
}
