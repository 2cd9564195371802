export interface LineSplitterOptions {
  /** Longer lines are dropped and reported; default 4 MiB. */
  maxLineBytes?: number;
  /** `atByte` is the offset of the line's first byte since the splitter was made. The line has no line ending. */
  onLine(line: string, atByte: number): void;
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
  #parts: Buffer[] = [];
  #lineBytes = 0;
  #lineStart = 0;

  constructor(options: LineSplitterOptions) {
    this.#options = options;
    this.#maxLineBytes = options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      this.#append(chunk.subarray(from, at));
      this.#finishLine(1);
      from = at + 1;
    }
    if (from < chunk.length) this.#append(chunk.subarray(from));
  }

  /** Gives out what is left when the stream ended without a line ending; a no-op otherwise. */
  end(): void {
    if (this.#lineBytes > 0) this.#finishLine(0);
  }

  #append(part: Buffer): void {
    this.#lineBytes += part.length;
    if (this.#lineBytes > this.#maxLineBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(Buffer.from(part));
  }

  #finishLine(endingBytes: number): void {
    const bytes = this.#lineBytes;
    const at = this.#lineStart;
    const parts = this.#parts;
    this.#parts = [];
    this.#lineBytes = 0;
    this.#lineStart = at + bytes + endingBytes;
    if (bytes > this.#maxLineBytes) return this.#options.onOversized(bytes);
    let line = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    if (endingBytes === 1 && line[line.length - 1] === CR) line = line.subarray(0, -1);
    this.#options.onLine(line.toString("utf8"), at);
  }
}
