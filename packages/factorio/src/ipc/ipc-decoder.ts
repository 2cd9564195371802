import { lstat, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ChannelNames } from "./channel-names.js";
import { IpcFault } from "./ipc-fault.js";
import { ownCopy } from "./own-copy.js";
import { Waiters } from "../waiters.js";

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
  /** Takes over the removal of payload files; absent: a file is removed once it is read. */
  onFileRead?(path: string): void;
}

interface Queued {
  line: string;
  sequence: number;
  bytes: number;
}

const PREFIX = "\f$ipc:";
const FORM_FEED = 0x0c;
const INLINE = 0x6a; // j
const FILE = 0x66; // f
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
const DEFAULT_MAX_INLINE_BYTES = 4 * 1024 * 1024;
const DEFAULT_MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_SHOWN = 500;

/**
 * Turns `\f$ipc:<channel>?j<json>` and `?f<file>` lines into messages, strictly in the order of the lines: one message is read
 * and handled before the next, a file is deleted once read. A line that cannot be delivered becomes a dead letter and costs
 * nothing else. The channel escapes control characters, `?` and `\` as `\xHH`.
 */
export class IpcDecoder {
  readonly #options: IpcDecoderOptions;
  readonly #maxQueued: number;
  readonly #maxInlineBytes: number;
  readonly #channels = new ChannelNames();
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #sequence = 0;
  #running = false;
  readonly #waiters = new Waiters();

  constructor(options: IpcDecoderOptions) {
    this.#options = options;
    this.#maxQueued = options.maxQueuedMessages ?? 256;
    this.#maxInlineBytes = options.maxInlineBytes ?? DEFAULT_MAX_INLINE_BYTES;
  }

  /**
   * True when the line was an IPC line, good or bad. It is handled before this returns unless an earlier one still is, or its
   * payload is in a file; so the reader should await ready() between chunks. `bytes` is the line's length in UTF-8.
   */
  accept(line: string, bytes = Buffer.byteLength(line)): boolean {
    if (!isIpcLine(line)) return false;
    const sequence = this.#sequence++;
    if (this.#running) {
      this.#queue.push({ line, sequence, bytes });
      this.#queuedBytes += bytes;
      return true;
    }
    this.#running = true;
    const pending = this.#handle(line, sequence, bytes);
    if (pending === undefined && this.#queue.length === 0) this.#stop();
    else void this.#run(pending, bytes); // never rejects; drain() tells when it is done
    return true;
  }

  /** Every accepted line is handled. */
  get isIdle(): boolean {
    return !this.#running;
  }

  /** False while ready() would wait. */
  get isReady(): boolean {
    return this.#queue.length < this.#maxQueued && this.#queuedBytes < MAX_QUEUED_BYTES;
  }

  /** Resolves when the queue is below its limits, so that a slow handler slows the reader and in the end the game's pipe. */
  ready(): Promise<void> {
    return this.#waiters.when(() => this.isReady);
  }

  /** Resolves when every accepted line is handled. */
  drain(): Promise<void> {
    return this.#waiters.when(() => !this.#running);
  }

  #stop(): void {
    this.#running = false;
    this.#waiters.wake();
  }

  /** From a message that is being handled to the end of the queue. */
  async #run(first: Promise<void> | undefined, firstBytes: number): Promise<void> {
    this.#queuedBytes += firstBytes;
    await first;
    this.#queuedBytes -= firstBytes;
    for (let item = this.#next(); item; item = this.#next()) {
      const pending = this.#handle(item.line, item.sequence, item.bytes);
      if (pending) await pending;
      this.#queuedBytes -= item.bytes;
    }
    this.#stop();
  }

  #next(): Queued | undefined {
    const item = this.#queue.shift();
    this.#waiters.wake();
    return item;
  }

  /** Undefined when the message is done with, which spares every quick handler the promises. Never throws or rejects. */
  #handle(line: string, sequence: number, bytes: number): Promise<void> | undefined {
    try {
      const message = this.#decode(line, sequence, bytes);
      const pending =
        message instanceof Promise
          ? message.then((read) => this.#options.onMessage(read))
          : this.#options.onMessage(message);
      return pending?.catch((error: unknown) => this.#bury(line, error));
    } catch (error) {
      this.#bury(line, error);
      return undefined;
    }
  }

  #bury(line: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const reason = error instanceof IpcFault ? why : `the handler failed: ${why}`;
    // A slice alone would keep the whole line in memory for as long as the letter is kept.
    const shown = line.length > MAX_SHOWN ? ownCopy(line.slice(0, MAX_SHOWN)) : line;
    this.#options.onDeadLetter({ line: shown, reason });
  }

  #decode(line: string, sequence: number, bytes: number): IpcMessage | Promise<IpcMessage> {
    const at = line.indexOf("?", PREFIX.length);
    if (at === -1) throw new IpcFault("malformed: no ? after the channel");
    const channel = this.#channels.read(line.slice(PREFIX.length, at));
    const rest = line.slice(at + 2);
    switch (line.charCodeAt(at + 1)) {
      case INLINE: {
        if (bytes > this.#maxInlineBytes)
          throw new IpcFault(`too large: ${bytes} bytes, ${this.#maxInlineBytes} allowed inline`);
        const isAscii = bytes === line.length;
        return {
          channel,
          payload: parseJson(rest),
          bytes: isAscii ? rest.length : Buffer.byteLength(rest),
          sequence,
        };
      }
      case FILE:
        return this.#readFile(channel, rest, sequence);
      default:
        throw new IpcFault(`unknown payload type ${JSON.stringify(line[at + 1] ?? "")}`);
    }
  }

  async #readFile(channel: string, name: string, sequence: number): Promise<IpcMessage> {
    const text = await this.#takeFile(name);
    return { channel, payload: parseJson(text), bytes: Buffer.byteLength(text), sequence };
  }

  /** The file is removed whatever its content: nobody else would, and it would be read again by nobody. */
  async #takeFile(name: string): Promise<string> {
    if (!/^[^/\\\0]+\.json$/.test(name))
      throw new IpcFault("refused: not the name of a .json file in script-output");
    const path = join(this.#options.scriptOutputDir, name);
    const maxBytes = this.#options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES;
    try {
      const stats = await lstat(path);
      if (!stats.isFile()) throw new IpcFault("refused: not a plain file");
      try {
        if (stats.size > maxBytes)
          throw new IpcFault(`too large: ${stats.size} bytes, ${maxBytes} allowed in a file`);
        return await readFile(path, "utf8");
      } finally {
        if (this.#options.onFileRead) this.#options.onFileRead(path);
        else await rm(path, { force: true });
      }
    } catch (error) {
      if (error instanceof IpcFault) throw error;
      throw new IpcFault(`cannot read the file: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Good or bad. */
export function isIpcLine(line: string): boolean {
  return line.charCodeAt(0) === FORM_FEED && line.startsWith(PREFIX);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new IpcFault(`malformed JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
