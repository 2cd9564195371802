import { luaCall, luaString, utf8Bytes } from "@switchyard/factorio";
import { AppError } from "@switchyard/protocol";
import { createId } from "@switchyard/node-kit";
import { explainFactorioError } from "../factorio-errors.js";
import type { ServerProcess } from "../instance/game.js";
import { refuseLuaError } from "../instance/greet-game.js";

/** The game takes in 100 bytes of commands a tick, so longer ones would hold up all others. */
const MAX_COMMAND_BYTES = 1000;
const MAX_QUEUED = 1000;
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;

export interface GameSenderOptions {
  rcon: ServerProcess["rcon"];
  /** Messages of one lane stay in order. */
  lane: string;
  instanceName(): string;
  signal: AbortSignal;
}

/** Messages of one plugin to the game, one after the other; long ones in parts. */
export class GameSender {
  #last: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #queuedBytes = 0;

  constructor(private readonly options: GameSenderOptions) {}

  /** Resolves when the Lua handler has run. Rejects with `rcon-lost`, `rcon-refused` or `queue-full`. */
  async send(channel: string, json: string): Promise<void> {
    const bytes = utf8Bytes(json);
    if (this.#queued >= MAX_QUEUED || this.#queuedBytes + bytes > MAX_QUEUED_BYTES) {
      throw new AppError("queue-full", {
        what: `the game of ${this.options.instanceName()}`,
        count: this.#queued,
      });
    }
    this.#queued += 1;
    this.#queuedBytes += bytes;
    const sent = this.#last.then(() => this.#sendNow(channel, json));
    this.#last = sent.catch(() => undefined); // the sender of each message has its own failure
    try {
      await sent;
    } finally {
      this.#queued -= 1;
      this.#queuedBytes -= bytes;
    }
  }

  async #sendNow(channel: string, json: string): Promise<void> {
    const whole = luaCall("switchyard_core.receive", [channel, json]);
    const commands = utf8Bytes(whole) <= MAX_COMMAND_BYTES ? [whole] : partCommands(`${channel}\n${json}`);
    for (const command of commands) await this.#command(command);
  }

  async #command(command: string): Promise<void> {
    const { rcon, signal, lane } = this.options;
    const instance = this.options.instanceName();
    if (signal.aborted) throw new AppError("rcon-lost", { instance });
    let reply: string;
    try {
      reply = await rcon.send(command, { lane: "normal", ordered: lane });
    } catch (error) {
      throw explainFactorioError(error, instance);
    }
    refuseLuaError(reply, instance);
  }
}

/** The calls that carry a long text; the last one delivers it. */
export function partCommands(text: string, id = createId()): string[] {
  const room =
    MAX_COMMAND_BYTES - utf8Bytes(luaCall("switchyard_core.receive_part", [id, 999_999, 999_999, ""]));
  const parts: string[] = [];
  let part = "";
  let bytes = 0;
  for (const character of text) {
    const size = utf8Bytes(luaString(character)) - 2;
    if (bytes + size > room) {
      parts.push(part);
      part = "";
      bytes = 0;
    }
    part += character;
    bytes += size;
  }
  parts.push(part);
  return parts.map((each, index) =>
    luaCall("switchyard_core.receive_part", [id, index + 1, parts.length, each]),
  );
}
