import { watch, type FSWatcher } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { LineSplitter } from "../ipc/line-splitter.js";

export interface JournalTailOptions {
  path: string;
  /** The first byte to read; the beginning of a line. */
  from: number;
  maxLineBytes?: number;
  /** `at` is the offset of the line's first byte in the journal, `bytes` the line's length as it came. */
  onLine(line: string, at: number, bytes: number): void;
  onOversized(bytes: number): void;
  /** Before lines up to this byte are given out. */
  beforeChunk(end: number): void;
  /** Asked between chunks: while its promise is pending nothing is read, and the journal holds the rest. */
  waitUntilReady(): Promise<void> | undefined;
  /** Reading failed for good, or a handler of lines threw. */
  onFailure(error: unknown): void;
}

const CHUNK_BYTES = 256 * 1024;
const LF = 0x0a;
/** A safety net: on some file systems nothing tells of changes. */
const LOOK_EVERY_MS = 250;
const LOOK_WITHOUT_WATCH_MS = 20;

/** Reads a growing file line by line from an offset on. */
export class JournalTail {
  readonly #options: JournalTailOptions;
  readonly #splitter: LineSplitter;
  readonly #stopping = new AbortController();
  readonly #stopped: Promise<void>;
  #given: number;
  #isFinishing = false;
  #hasNews = true;
  #wake: () => void = () => undefined;
  #reading: Promise<void> | undefined;
  #watcher: FSWatcher | undefined;
  /** Counts up with every chunk: whether anything moves. */
  chunks = 0;

  constructor(options: JournalTailOptions) {
    this.#options = options;
    this.#given = options.from;
    this.#stopped = new Promise((resolve) =>
      this.#stopping.signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    this.#splitter = new LineSplitter({
      ...(options.maxLineBytes === undefined ? {} : { maxLineBytes: options.maxLineBytes }),
      onLine: (line, at, bytes) => options.onLine(line, options.from + at, bytes),
      onOversized: (bytes) => options.onOversized(bytes),
    });
  }

  /** All whole lines before this byte were given out. */
  get given(): number {
    return this.#given;
  }

  start(): void {
    this.#reading ??= this.#read();
  }

  /** From now on the end of the file is the end; resolves when everything was given out, or after stop(). */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#notice();
    await this.#reading;
  }

  /** After the chunk under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#notice();
    await this.#reading;
  }

  async #read(): Promise<void> {
    let file: FileHandle | undefined;
    try {
      file = await open(this.#options.path, "r");
      this.#watch();
      await this.#readAll(file);
    } catch (error) {
      this.#options.onFailure(error);
    } finally {
      this.#watcher?.close();
      await file?.close();
    }
  }

  async #readAll(file: FileHandle): Promise<void> {
    const { signal } = this.#stopping;
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let offset = this.#options.from; !signal.aborted;) {
      // In this order, since the last lines can come while the end is announced.
      const isLast = this.#isFinishing;
      this.#hasNews = false;
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, offset);
      if (signal.aborted) return;
      if (bytesRead === 0) {
        if (isLast) return this.#end(offset);
        await this.#news();
        continue;
      }
      this.#give(buffer.subarray(0, bytesRead), offset);
      offset += bytesRead;
      const pending = this.#options.waitUntilReady();
      if (pending) await Promise.race([pending, this.#stopped]);
    }
  }

  #give(chunk: Buffer, offset: number): void {
    this.chunks += 1;
    this.#options.beforeChunk(offset + chunk.length);
    this.#splitter.push(chunk);
    const last = chunk.lastIndexOf(LF);
    if (last !== -1) this.#given = offset + last + 1;
  }

  /** A server that was killed may leave a line without an ending. */
  #end(offset: number): void {
    this.#splitter.end();
    this.#given = offset;
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#options.path, () => this.#notice());
      this.#watcher.on("error", () => this.#unwatch());
    } catch {
      this.#unwatch(); // too many watches on this machine: looking often does it too
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #notice(): void {
    this.#hasNews = true;
    this.#wake();
  }

  #news(): Promise<void> {
    if (this.#hasNews) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), this.#watcher ? LOOK_EVERY_MS : LOOK_WITHOUT_WATCH_MS);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
    });
  }
}

/** The first line after the hole that consumed space has left; 0 when there is none. For journals whose offset is lost. */
export async function firstLineAfterHole(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let inHole = false;
    for (let offset = 0; ;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, offset);
      if (bytesRead === 0) return offset;
      const chunk = buffer.subarray(0, bytesRead);
      const start = inHole || chunk[0] === 0 ? chunk.findIndex((byte) => byte !== 0) : 0;
      if (offset === 0 && start === 0) return 0;
      inHole = true;
      // The line that the hole cut belongs to what was consumed.
      const end = start === -1 ? -1 : chunk.indexOf(LF, start);
      if (end !== -1) return offset + end + 1;
      offset += bytesRead;
    }
  } finally {
    await file.close();
  }
}
