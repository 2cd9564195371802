import { isAscii } from "node:buffer";

export interface LineSplitterOptions {
  /** Longer lines are dropped and reported; default 4 MiB. */
  maxLineBytes?: number;
  /**
   * `atByte` is the offset of the line's first byte since the splitter was made, `bytes` its length as it came. The line has no
   * line ending and holds on to nothing but its own text.
   */
  onLine(line: string, atByte: number, bytes: number): void;
  /** `bytes` is the length of the dropped line. */
  onOversized(bytes: number): void;
}

const LF = 0x0a;
const CR = 0x0d;
const DEFAULT_MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Cuts a byte stream at LF or CRLF; characters split between chunks stay whole. Holds at most one line of maxLineBytes. */
export class LineSplitter {
  readonly #maxLineBytes: number;
  readonly #options: LineSplitterOptions;
  /** The beginning of a line that goes on in the next chunk. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #lineStart = 0;

  constructor(options: LineSplitterOptions) {
    this.#options = options;
    this.#maxLineBytes = options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES;
  }

  push(chunk: Buffer): void {
    let from = 0;
    let at = chunk.indexOf(LF);
    if (at !== -1 && this.#partBytes > 0) {
      this.#hold(chunk.subarray(0, at));
      this.#finishHeld(1);
      from = at + 1;
      at = chunk.indexOf(LF, from);
    }
    // Nearly all chunks are ASCII, and looking once is cheaper than a UTF-8 decoder that looks for every line.
    const encoding = at !== -1 && isAscii(chunk) ? "latin1" : "utf8";
    for (; at !== -1; at = chunk.indexOf(LF, from)) {
      this.#give(chunk, from, at, 1, encoding);
      from = at + 1;
    }
    if (from < chunk.length) this.#hold(chunk.subarray(from));
  }

  /** Gives out what is left when the stream ended without a line ending; a no-op otherwise. */
  end(): void {
    if (this.#partBytes > 0) this.#finishHeld(0);
  }

  #hold(part: Buffer): void {
    this.#partBytes += part.length;
    if (this.#partBytes > this.#maxLineBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(Buffer.from(part));
  }

  #finishHeld(endingBytes: 0 | 1): void {
    const parts = this.#parts;
    const bytes = this.#partBytes;
    this.#parts = [];
    this.#partBytes = 0;
    if (bytes > this.#maxLineBytes) return this.#drop(bytes, endingBytes);
    const line = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, bytes);
    this.#give(line, 0, bytes, endingBytes, "utf8");
  }

  #give(source: Buffer, from: number, to: number, endingBytes: 0 | 1, encoding: "latin1" | "utf8"): void {
    const bytes = to - from;
    if (bytes > this.#maxLineBytes) return this.#drop(bytes, endingBytes);
    const start = this.#lineStart;
    this.#lineStart = start + bytes + endingBytes;
    const end = endingBytes === 1 && bytes > 0 && source[to - 1] === CR ? to - 1 : to;
    this.#options.onLine(source.toString(encoding, from, end), start, end - from);
  }

  #drop(bytes: number, endingBytes: 0 | 1): void {
    this.#lineStart += bytes + endingBytes;
    this.#options.onOversized(bytes);
  }
}
