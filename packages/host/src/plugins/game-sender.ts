import { luaCall, utf8Bytes } from "@switchyard/factorio";
import { AppError } from "@switchyard/protocol";
import { explainFactorioError } from "../factorio-errors.js";
import type { ServerProcess } from "../instance/game.js";

/** Longer messages travel compressed and in parts: the game takes in 100 bytes of commands a tick while players are online. */
const MAX_COMMAND_BYTES = 1000;
const MAX_QUEUED = 1000;
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
/** Of the waiting messages so many are handed to RCON, which has a limit for all of the server's commands. */
const MAX_UNDER_WAY = 100;

export interface GameSenderOptions {
  rcon: ServerProcess["rcon"];
  /** Messages of one lane stay in order. */
  lane: string;
  instanceName(): string;
  signal: AbortSignal;
}

interface Message {
  channel: string;
  json: string;
  bytes: number;
  isLong: boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** Messages of one plugin to the game, in order; short ones that wait at the same moment share a command. */
export class GameSender {
  readonly #waiting: Message[] = [];
  #underWay = 0;
  #isLongUnderWay = false;
  #queuedBytes = 0;

  constructor(private readonly options: GameSenderOptions) {}

  /** Resolves when the Lua handler has run. Rejects with `rcon-lost`, `rcon-refused` or `queue-full`. */
  send(channel: string, json: string): Promise<void> {
    const bytes = utf8Bytes(json);
    const queued = this.#waiting.length + this.#underWay;
    if (queued >= MAX_QUEUED || this.#queuedBytes + bytes > MAX_QUEUED_BYTES) {
      const what = `the game of ${this.options.instanceName()}`;
      return Promise.reject(new AppError("queue-full", { what, count: queued }));
    }
    this.#queuedBytes += bytes;
    const isLong = utf8Bytes(luaCall("switchyard_core.receive", [channel, json])) > MAX_COMMAND_BYTES;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ channel, json, bytes, isLong, resolve, reject });
      this.#pump();
    });
  }

  /** RCON keeps the order of calls; a long message makes its call only at its end, so those behind it wait here. */
  #pump(): void {
    while (!this.#isLongUnderWay && this.#underWay < MAX_UNDER_WAY) {
      const message = this.#waiting.shift();
      if (!message) return;
      this.#underWay += 1;
      this.#isLongUnderWay = message.isLong;
      void this.#deliver(message);
    }
  }

  async #deliver(message: Message): Promise<void> {
    const instance = this.options.instanceName();
    try {
      if (this.options.signal.aborted) throw new AppError("rcon-lost", { instance });
      await this.#call(message);
      message.resolve();
    } catch (error) {
      message.reject(error instanceof AppError ? error : explainFactorioError(error, instance));
    }
    this.#queuedBytes -= message.bytes;
    this.#underWay -= 1;
    if (message.isLong) this.#isLongUnderWay = false;
    this.#pump();
  }

  async #call({ channel, json, isLong }: Message): Promise<void> {
    const { rcon, signal, lane } = this.options;
    if (!isLong) {
      await rcon.call("switchyard_core.receive", [channel, json], { ordered: lane });
      return;
    }
    try {
      await rcon.transfer("switchyard_core.receive", [channel], json, { ordered: lane, signal });
    } catch (error) {
      if (signal.aborted) throw new AppError("rcon-lost", { instance: this.options.instanceName() });
      throw error;
    }
  }
}
