import { lstat, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** One message from the save's Lua. `bytes` counts the payload as JSON text; `sequence` counts up by one per IPC line. */
export interface IpcMessage {
  channel: string;
  payload: unknown;
  bytes: number;
  sequence: number;
}

/** A line that could not be delivered. `line` is cut after 500 characters. */
export interface DeadLetter {
  line: string;
  reason: string;
}

export interface IpcDecoderOptions {
  /** `<write-data>/script-output`, where the game's write_file puts file payloads. */
  scriptOutputDir: string;
  /** Default 4 MiB. */
  maxInlineBytes?: number;
  /** Default 64 MiB. */
  maxFileBytes?: number;
  /** Undelivered messages at which ready() makes the reader wait; default 256. */
  maxQueuedMessages?: number;
  /** The next message waits for the promise. */
  onMessage(message: IpcMessage): void | Promise<void>;
  onDeadLetter(letter: DeadLetter): void;
}

interface Queued {
  line: string;
  sequence: number;
  bytes: number;
}

const PREFIX = "\f$ipc:";
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
const MAX_SHOWN = 500;

/** A problem with a line; the message becomes the dead letter's reason. */
class IpcFault extends Error {}

/**
 * Turns `\f$ipc:<channel>?j<json>` and `?f<file>` lines into messages, strictly in the order of the lines: one message is read
 * and handled before the next, a file is deleted once read. A line that cannot be delivered becomes a dead letter and costs
 * nothing else. The channel escapes control characters, `?` and `\` as `\xHH`.
 */
export class IpcDecoder {
  readonly #options: IpcDecoderOptions;
  readonly #maxQueued: number;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #sequence = 0;
  #running = false;
  #waiters: { isMet: () => boolean; resolve: () => void }[] = [];

  constructor(options: IpcDecoderOptions) {
    this.#options = options;
    this.#maxQueued = options.maxQueuedMessages ?? 256;
  }

  /** True when the line was an IPC line, good or bad. It is handled later; the reader should await ready() between chunks. */
  accept(line: string): boolean {
    if (!line.startsWith(PREFIX)) return false;
    const bytes = Buffer.byteLength(line);
    this.#queue.push({ line, sequence: this.#sequence++, bytes });
    this.#queuedBytes += bytes;
    if (!this.#running) {
      this.#running = true;
      void this.#run(); // never rejects; drain() tells when it is done
    }
    return true;
  }

  /** Resolves when the queue is below its limits, so that a slow handler slows the reader and in the end the game's pipe. */
  ready(): Promise<void> {
    return this.#when(() => this.#queue.length < this.#maxQueued && this.#queuedBytes < MAX_QUEUED_BYTES);
  }

  /** Resolves when every accepted line is handled. */
  drain(): Promise<void> {
    return this.#when(() => !this.#running);
  }

  #when(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ isMet, resolve }));
  }

  #wake(): void {
    const met = this.#waiters.filter((waiter) => waiter.isMet());
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve();
  }

  async #run(): Promise<void> {
    for (let item = this.#next(); item; item = this.#next()) {
      try {
        await this.#options.onMessage(await this.#decode(item));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.#bury(item.line, error instanceof IpcFault ? why : `the handler failed: ${why}`);
      }
      this.#queuedBytes -= item.bytes;
    }
    this.#running = false;
    this.#wake();
  }

  #next(): Queued | undefined {
    const item = this.#queue.shift();
    this.#wake();
    return item;
  }

  #bury(line: string, reason: string): void {
    this.#options.onDeadLetter({ line: line.slice(0, MAX_SHOWN), reason });
  }

  async #decode({ line, sequence, bytes }: Queued): Promise<IpcMessage> {
    const at = line.indexOf("?", PREFIX.length);
    if (at === -1) throw new IpcFault("malformed: no ? after the channel");
    const channel = unescapeChannel(line.slice(PREFIX.length, at));
    const rest = line.slice(at + 2);
    switch (line[at + 1]) {
      case "j": {
        const maxBytes = this.#options.maxInlineBytes ?? 4 * 1024 * 1024;
        if (bytes > maxBytes) throw new IpcFault(`too large: ${bytes} bytes, ${maxBytes} allowed inline`);
        return { channel, payload: parseJson(rest), bytes: Buffer.byteLength(rest), sequence };
      }
      case "f": {
        const text = await this.#takeFile(rest);
        return { channel, payload: parseJson(text), bytes: Buffer.byteLength(text), sequence };
      }
      default:
        throw new IpcFault(`unknown payload type ${JSON.stringify(line[at + 1] ?? "")}`);
    }
  }

  /** The file is removed whatever its content: nobody else would, and it would be read again by nobody. */
  async #takeFile(name: string): Promise<string> {
    if (!/^[^/\\\0]+\.json$/.test(name))
      throw new IpcFault("refused: not the name of a .json file in script-output");
    const path = join(this.#options.scriptOutputDir, name);
    const maxBytes = this.#options.maxFileBytes ?? 64 * 1024 * 1024;
    try {
      const stats = await lstat(path);
      if (!stats.isFile()) throw new IpcFault("refused: not a plain file");
      try {
        if (stats.size > maxBytes)
          throw new IpcFault(`too large: ${stats.size} bytes, ${maxBytes} allowed in a file`);
        return await readFile(path, "utf8");
      } finally {
        await rm(path, { force: true });
      }
    } catch (error) {
      if (error instanceof IpcFault) throw error;
      throw new IpcFault(`cannot read the file: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function unescapeChannel(text: string): string {
  if (/\\(?!x[0-9a-fA-F]{2})/.test(text)) throw new IpcFault("malformed: a wrong escape in the channel");
  if (text === "") throw new IpcFault("malformed: the channel is empty");
  return text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new IpcFault(`malformed JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
