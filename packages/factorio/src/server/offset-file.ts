import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { crc32 } from "../zip/crc32.js";

export interface Offsets {
  /** Every line before this byte was handled. */
  consumed: number;
  /** No byte from here on was ever handed to a handler; what lies between may have been handled before a kill. */
  handedOut: number;
}

const LENGTH = 64;

/**
 * Where a journal was read to. One small write at a fixed place: a process that is killed leaves either the old or the new text;
 * a text that a power cut tore fails its checksum.
 */
export class OffsetFile {
  readonly #descriptor: number;
  #saved: Offsets;
  #isClosed = false;

  constructor(path: string, first: Offsets) {
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#saved = first;
    this.#write(first);
  }

  get saved(): Readonly<Offsets> {
    return this.#saved;
  }

  /** A no-op when nothing changed, or after close(). */
  save(offsets: Partial<Offsets>): void {
    const next = { ...this.#saved, ...offsets };
    if (
      this.#isClosed ||
      (next.consumed === this.#saved.consumed && next.handedOut === this.#saved.handedOut)
    )
      return;
    this.#write(next);
    this.#saved = next;
  }

  close(): void {
    if (!this.#isClosed) closeSync(this.#descriptor);
    this.#isClosed = true;
  }

  #write({ consumed, handedOut }: Offsets): void {
    const text = `${consumed} ${handedOut}`;
    const line = `${text} ${checksum(text)}`.padEnd(LENGTH - 1);
    writeSync(this.#descriptor, `${line}\n`, 0, "latin1");
  }
}

/** Undefined when there is no such file or it is torn. */
export function readOffsets(path: string): Offsets | undefined {
  try {
    const [consumed = "", handedOut = "", sum] = readFileSync(path, "latin1").trim().split(" ");
    if (checksum(`${consumed} ${handedOut}`) !== sum) return undefined;
    return { consumed: Number(consumed), handedOut: Number(handedOut) };
  } catch {
    return undefined;
  }
}

function checksum(text: string): string {
  return crc32(Buffer.from(text, "latin1")).toString(16);
}
