import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { FactorioError } from "../errors.js";
import { BATCH_FRAME_BYTES, encodeCall } from "./batch-text.js";
import { luaPath, type LuaArgument } from "./lua-text.js";
import type { CallRconOptions, TransferOptions } from "./rcon-options.js";

/** What a transfer needs of the client. */
export interface BulkClient {
  call(functionPath: string, args: readonly LuaArgument[], options: CallRconOptions): Promise<string>;
  ready(): Promise<void>;
  /** UTF-8 bytes that one command may have now. */
  commandBytes(): number;
}

export interface BulkCall {
  functionPath: string;
  args: readonly LuaArgument[];
  text: string;
}

/** Four of this size are what the Lua side keeps at most. */
const MAX_ENCODED_BYTES = 2 * 1024 * 1024;
const MAX_AT_ONCE = 4;
/** Parts of one transfer that wait or travel; the client's limits decide how many of them travel. */
const PARTS_AT_ONCE = 8;
const DEFAULT_TIMEOUT_MS = 600_000;
/** How often the game may say that parts are missing although all were answered. */
const MAX_ROUNDS = 5;
const BUSY_PAUSE_MS = 100;

type Gap = [from: number, to: number];

/** Carries long texts into the game; see `lua-modules/core/bulk.lua` for the other end. */
export class BulkTransfers {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly client: BulkClient) {}

  async run(call: BulkCall, options: TransferOptions): Promise<string> {
    luaPath(call.functionPath);
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(timedOut(timeoutMs)), timeoutMs);
    const ended = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
    try {
      await untilEnded(this.#turn(), ended, () => this.#leave());
      try {
        const base64 = await encode(call.text);
        return await new BulkTransfer(this.client, call, base64, { ended, ordered: options.ordered }).run();
      } finally {
        this.#leave();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #turn(): Promise<void> {
    if (this.#running < MAX_AT_ONCE) {
      this.#running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the place on. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }
}

class BulkTransfer {
  readonly #id = randomBytes(6).toString("base64url");
  readonly #checksum: number;
  #gaps: Gap[];
  /** Where the part begins that goes with the finish; it is sent with each finish. */
  #end = 0;

  constructor(
    private readonly client: BulkClient,
    private readonly call: BulkCall,
    private readonly base64: string,
    private readonly options: { ended: AbortSignal; ordered: string | undefined },
  ) {
    this.#checksum = adler32(base64);
    this.#gaps = [[0, base64.length]];
  }

  async run(): Promise<string> {
    try {
      for (let round = 0; round < MAX_ROUNDS;) {
        const answer = await this.#survive(async () => {
          await this.#upload();
          return this.#finish();
        });
        if (answer === undefined) continue; // the gaps were asked for anew
        if (answer.startsWith("+")) return answer.slice(1);
        this.#gaps = readGaps(answer.slice(1));
        round += 1;
      }
      const message = `The game misses parts of a transfer although it took them ${MAX_ROUNDS} times.`;
      throw new FactorioError("rcon-unexpected-output", message, { detail: { sent: true } });
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** Undefined when something came between that a transfer outlives: then `#gaps` tells what is still to do. */
  async #survive(work: () => Promise<string>): Promise<string | undefined> {
    const { ended } = this.options;
    try {
      return await work();
    } catch (error) {
      ended.throwIfAborted();
      const code = error instanceof FactorioError ? error.code : undefined;
      if (code !== "rcon-lost" && code !== "rcon-queue-full") throw error;
    }
    for (;;) {
      await untilEnded(pause(BUSY_PAUSE_MS), ended);
      await untilEnded(this.client.ready(), ended);
      try {
        this.#gaps = readGaps(await this.#send("missing", [this.base64.length]));
        return undefined;
      } catch (error) {
        ended.throwIfAborted();
        const code = error instanceof FactorioError ? error.code : undefined;
        if (code !== "rcon-lost" && code !== "rcon-queue-full") throw error;
      }
    }
  }

  /** All of the gaps but the last part, which goes with the finish. Rejects when one fails, after all have ended. */
  async #upload(): Promise<void> {
    const gaps = this.#gaps.map((gap): Gap => [...gap]);
    const end = Math.max(
      0,
      this.base64.length - this.#room("finish", this.#finishArguments(this.base64.length, "")),
    );
    this.#end = end;
    let failure: Error | undefined;
    const next = (): { offset: number; text: string } | undefined => {
      while (gaps[0] && (gaps[0][0] >= gaps[0][1] || gaps[0][0] >= end)) gaps.shift();
      const gap = gaps[0];
      if (!gap || failure !== undefined) return undefined;
      const offset = gap[0];
      gap[0] = Math.min(offset + this.#room("part", [offset]), gap[1], end);
      return { offset, text: this.base64.slice(offset, gap[0]) };
    };
    const worker = async (): Promise<void> => {
      for (let part = next(); part; part = next()) {
        try {
          await this.#send("part", [part.offset, part.text]);
        } catch (error) {
          failure ??= error as Error;
        }
      }
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, worker));
    if (failure !== undefined) throw failure;
  }

  /** "+" and the result, or "?" and what is missing. */
  #finish(): Promise<string> {
    const { ordered } = this.options;
    const args = this.#finishArguments(this.#end, this.base64.slice(this.#end));
    return this.#send("finish", args, ordered === undefined ? {} : { lane: "normal", ordered });
  }

  #finishArguments(offset: number, text: string): LuaArgument[] {
    const { functionPath, args } = this.call;
    return [this.base64.length, this.#checksum, offset, text, functionPath, ...args];
  }

  /** Bytes of base64, which no escaping makes longer, that fit beside the arguments. */
  #room(step: string, args: readonly LuaArgument[]): number {
    const frame =
      BATCH_FRAME_BYTES + encodeCall(`switchyard_core.bulk_${step}`, [this.#id, ...args, ""]).bytes;
    return Math.max(100, this.client.commandBytes() - frame);
  }

  #send(step: string, args: readonly LuaArgument[], options: CallRconOptions = {}): Promise<string> {
    const { ended } = this.options;
    ended.throwIfAborted();
    const sent = this.client.call(`switchyard_core.bulk_${step}`, [this.#id, ...args], {
      lane: "bulk",
      ...options,
    });
    return untilEnded(sent, ended);
  }

  /** So that the save does not keep what nobody will finish. Without a connection nothing can be done about it. */
  #forget(): void {
    const forgotten = this.client.call("switchyard_core.bulk_forget", [this.#id], { lane: "normal" });
    void forgotten.catch(() => undefined);
  }
}

async function encode(text: string): Promise<string> {
  const compressed = await promisify(deflate)(Buffer.from(text, "utf8"), { level: 9 });
  const base64 = compressed.toString("base64");
  if (base64.length <= MAX_ENCODED_BYTES) return base64;
  const message = `The text has ${base64.length} bytes when compressed, more than the ${MAX_ENCODED_BYTES} that a game takes in. Split it.`;
  throw new FactorioError("rcon-command-too-large", message, { detail: { sent: false } });
}

/** Of ASCII text. The Lua side computes the same. */
export function adler32(text: string): number {
  let a = 1;
  let b = 0;
  for (let index = 0; index < text.length; index += 1) {
    a += text.charCodeAt(index);
    b += a;
    if ((index & 4095) === 4095) {
      a %= 65_521;
      b %= 65_521;
    }
  }
  return (b % 65_521) * 65_536 + (a % 65_521);
}

/** `0-800,1600-2400`, the ends not included; "" is none. */
function readGaps(text: string): Gap[] {
  if (text === "") return [];
  return text.split(",").map((gap): Gap => {
    const [from, to] = gap.split("-").map(Number);
    if (from === undefined || to === undefined || !(from < to))
      throw new FactorioError(
        "rcon-unexpected-output",
        `The game names missing parts as ${text.slice(0, 100)}`,
      );
    return [from, to];
  });
}

function timedOut(timeoutMs: number): FactorioError {
  const message = `The transfer to the game was not done within ${timeoutMs} ms. The server may be saving, paused or overloaded.`;
  return new FactorioError("rcon-timeout", message, { detail: { sent: true, timeoutMs } });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The promise's outcome, or the signal's reason if that is first; `late` is then told when the promise resolves after all. */
function untilEnded<T>(promise: Promise<T>, ended: AbortSignal, late?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(ended.reason as Error);
    if (ended.aborted) onAbort();
    ended.addEventListener("abort", onAbort, { once: true });
    void promise
      .then(
        (value) => {
          if (ended.aborted) late?.();
          resolve(value);
        },
        (error: unknown) => reject(error as Error),
      )
      .finally(() => ended.removeEventListener("abort", onAbort));
  });
}
