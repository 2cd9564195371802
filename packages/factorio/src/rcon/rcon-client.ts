import { FactorioError, type FactorioErrorCode } from "../errors.js";
import { BATCH_FRAME_BYTES, encodeCall } from "./batch-text.js";
import { BulkTransfers } from "./bulk-transfer.js";
import { CommandFlow } from "./command-flow.js";
import { utf8Bytes, type LuaArgument } from "./lua-text.js";
import type { RconCommand } from "./rcon-command.js";
import { RconAuthError, RconConnection } from "./rcon-connection.js";
import type { CallRconOptions, RconOptions, SendRconOptions, TransferOptions } from "./rcon-options.js";
import { SegmentBudget } from "./segment-budget.js";

/** "lost" and "authFailed" bring the reason as detail. */
export type RconEvent = "connected" | "lost" | "authFailed";

type Settings = Required<Omit<RconOptions, "log">> & Pick<RconOptions, "log">;

const DEFAULTS = {
  host: "127.0.0.1",
  maxConcurrentCommands: 5,
  maxQueuedCommands: 1000,
  maxCommandBytes: 1_200_000,
  maxReplyBytes: 64 * 1024 * 1024,
  defaultTimeoutMs: 200_000,
  connectTimeoutMs: 10_000,
  reconnectDelayMs: 250,
  maxCommandsPerConnection: 2_000_000_000,
  maxBatchBytes: 16_384,
  maxBulkBytes: 8000,
  segment: {},
};
/** A connection that held so long was a good one: the next wait begins short again. */
const STABLE_AFTER_MS = 5000;

/**
 * Keeps one RCON connection to a server and queues commands for it. A command runs at most once: it is never sent again. Every
 * refusal carries `detail.sent`: false means that the server never saw the command, true that it may have run.
 */
export class RconClient {
  readonly #settings: Settings;
  readonly #budget: SegmentBudget;
  readonly #flow: CommandFlow;
  readonly #transfers: BulkTransfers;
  readonly #listeners = new Map<RconEvent, Set<(detail?: string) => void>>();
  readonly #closing = new AbortController();
  #readyWaiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #connection: RconConnection | undefined;
  #supervision: Promise<void> | undefined;
  #sequence = 0;

  constructor(options: RconOptions) {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const settings = (this.#settings = { ...DEFAULTS, ...given } as Settings);
    const budget = (this.#budget = new SegmentBudget(settings.segment));
    this.#flow = new CommandFlow({ ...settings, budget, lost: (why, sent) => this.#lost(why, sent) });
    this.#transfers = new BulkTransfers({
      call: (functionPath, args, more) => this.call(functionPath, args, more),
      ready: () => this.ready(),
      commandBytes: () => Math.min(settings.maxBulkBytes, budget.bulkBytes),
    });
  }

  /** Signed in and able to take commands. */
  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Commands that wait for a slot. */
  get queued(): number {
    return this.#flow.queued;
  }

  /** Slots in use. A command past its deadline keeps its slot until the reply or the loss of the connection. */
  get inFlight(): number {
    return this.#flow.inFlight;
  }

  /** Begins to connect and keeps doing so, with growing waits, until close(). A second call is a no-op. */
  start(): void {
    this.#supervision ??= this.#supervise();
  }

  /** Resolves when signed in (at once if it is). Rejects with rcon-auth-failed on a wrong password, rcon-lost on close(). */
  ready(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#lost("the client was closed", false));
    if (this.#connection) return Promise.resolve();
    return new Promise((resolve, reject) => this.#readyWaiters.push({ resolve, reject }));
  }

  /**
   * Runs one command; resolves with its output as the game gave it, final newline included. The deadline covers the wait in the
   * queue. Rejects with rcon-empty-command, rcon-invalid-command, rcon-command-too-large, rcon-queue-full, rcon-lost (at once
   * while there is no connection), rcon-timeout, rcon-unexpected-output.
   */
  send(command: string, options: SendRconOptions = {}): Promise<string> {
    const bytes = utf8Bytes(command);
    const refused = textRefusal(command) ?? this.#refusal(bytes);
    if (refused) return Promise.reject(refused);
    return this.#push({ text: command, call: undefined, bytes }, options);
  }

  /**
   * Calls a Lua function of a patched save and resolves with what it gives back, as text: a table as JSON, nil as "". What it
   * prints by itself is not part of that. Calls that wait at the same moment go as one command, each evaluated by itself; in a
   * save without the core module each goes alone. Rejects as send() does, and with rcon-lua-error (`detail.luaError`) when the
   * function fails. Throws TypeError when functionPath is not a plain dotted name.
   */
  call(functionPath: string, args: readonly LuaArgument[], options: CallRconOptions = {}): Promise<string> {
    const call = encodeCall(functionPath, args);
    const refused = this.#refusal(call.bytes + BATCH_FRAME_BYTES);
    if (refused) return Promise.reject(refused);
    return this.#push({ text: undefined, call, bytes: call.bytes }, options);
  }

  /**
   * As call(), with a long text as the last argument: it travels compressed and in parts, in the bulk lane, and goes on where it
   * was after a lost connection. The function runs at most once. Rejects with rcon-lost when the client is closed, rcon-timeout
   * at the deadline of the whole transfer, rcon-command-too-large, rcon-lua-error (also in a save without the core module).
   */
  transfer(
    functionPath: string,
    args: readonly LuaArgument[],
    text: string,
    options: TransferOptions = {},
  ): Promise<string> {
    return this.#transfers.run({ functionPath, args, text }, options);
  }

  /** Players online: while there are any the game takes in few bytes a tick, which bulk and batches then leave to others. */
  setPlayersOnline(players: number): void {
    this.#budget.setPlayers(players);
  }

  /** Rejects everything pending with rcon-lost and ends the connection. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#flow.close("the client was closed");
    this.#rejectReady(this.#lost("the client was closed", false));
    await this.#connection?.close();
    await this.#supervision;
  }

  /** Gives the function that takes the listener off again. */
  on(event: RconEvent, listener: (detail?: string) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  #push(what: Pick<RconCommand, "text" | "call" | "bytes">, options: SendRconOptions): Promise<string> {
    const timeoutMs = options.timeoutMs ?? this.#settings.defaultTimeoutMs;
    const sequence = (this.#sequence += 1);
    return new Promise((resolve, reject) => {
      this.#flow.push({
        sequence,
        text: what.text,
        call: what.call,
        bytes: what.bytes,
        lane: options.lane ?? "normal",
        ordered: options.ordered,
        expectEmpty: options.expectEmpty === true,
        timeoutMs,
        deadline: performance.now() + timeoutMs,
        isSent: false,
        isSettled: false,
        warnings: 0,
        resolve,
        reject,
      });
    });
  }

  #refusal(bytes: number): FactorioError | undefined {
    const { maxCommandBytes, maxQueuedCommands } = this.#settings;
    if (bytes > maxCommandBytes) {
      return refuse(
        "rcon-command-too-large",
        `The RCON command has ${bytes} bytes, more than the ${maxCommandBytes} allowed. Split it.`,
      );
    }
    if (this.#closing.signal.aborted || (!this.#connection && !this.#flow.isRenewing))
      return this.#lost("there is no connection", false);
    if (this.#flow.queued < maxQueuedCommands) return undefined;
    return refuse(
      "rcon-queue-full",
      `${maxQueuedCommands} RCON commands wait already. The server does not keep up; try again later.`,
    );
  }

  async #supervise(): Promise<void> {
    const { signal } = this.#closing;
    let delayMs = this.#settings.reconnectDelayMs;
    while (!signal.aborted) {
      const connection = await this.#open();
      if (connection) {
        const since = performance.now();
        const renewed = await this.#live(connection);
        if (performance.now() - since > STABLE_AFTER_MS) delayMs = this.#settings.reconnectDelayMs;
        if (renewed) continue;
      } else this.#flow.abandonRenewal();
      await pause(delayMs, signal);
      delayMs = Math.min(delayMs * 2, this.#settings.reconnectDelayMs * 30);
    }
  }

  async #open(): Promise<RconConnection | undefined> {
    try {
      return await RconConnection.open({
        ...this.#settings,
        signal: this.#closing.signal,
        onReply: (id, reply) => this.#flow.onReply(id, reply),
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (this.#closing.signal.aborted) return undefined;
      this.#settings.log?.(`RCON ${this.#settings.host}:${this.#settings.port} did not connect: ${why}`);
      if (error instanceof RconAuthError) {
        const message = `The server on RCON port ${this.#settings.port} refused the password. Check that no other server uses this port.`;
        this.#rejectReady(
          new FactorioError("rcon-auth-failed", message, { cause: error, detail: { sent: false } }),
        );
        this.#emit("authFailed", why);
      }
      return undefined;
    }
  }

  /** Until the connection ends; true when that was our wish, to begin with fresh request ids. */
  async #live(connection: RconConnection): Promise<boolean> {
    if (this.#closing.signal.aborted) {
      await connection.close();
      return false;
    }
    this.#connection = connection;
    this.#emit("connected");
    for (const waiter of this.#readyWaiters.splice(0)) waiter.resolve();
    this.#flow.attach(connection);
    const why = await connection.ended;
    this.#connection = undefined;
    if (this.#flow.detach(why)) return true;
    this.#emit("lost", why);
    return false;
  }

  #rejectReady(error: FactorioError): void {
    for (const waiter of this.#readyWaiters.splice(0)) waiter.reject(error);
  }

  #lost(why: string, sent: boolean): FactorioError {
    const consequence = sent ? "The command may or may not have run." : "The command was not sent.";
    return new FactorioError(
      "rcon-lost",
      `No RCON connection to port ${this.#settings.port}: ${why}. ${consequence}`,
      {
        detail: { sent },
      },
    );
  }

  #emit(event: RconEvent, detail?: string): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(detail);
      } catch (error) {
        this.#settings.log?.(`a listener of RCON "${event}" failed: ${String(error)}`);
      }
    }
  }
}

/** The game never answers an empty command and runs only the first line of several. */
function textRefusal(command: string): FactorioError | undefined {
  if (command.trim() === "")
    return refuse("rcon-empty-command", "The RCON command is empty. Give a command such as /players.");
  if (/[\n\r\0]/.test(command))
    return refuse("rcon-invalid-command", "The RCON command has more than one line. Put it on one.");
  return undefined;
}

/** A refusal of what the server never saw. */
function refuse(code: FactorioErrorCode, message: string): FactorioError {
  return new FactorioError(code, message, { detail: { sent: false } });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
