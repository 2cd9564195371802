import { FactorioError, type FactorioErrorCode } from "../errors.js";
import { CommandQueue } from "./command-queue.js";
import { DeadlineTimer } from "./deadline-timer.js";
import { utf8Bytes } from "./lua-text.js";
import { settleError, settleReply, type RconCommand } from "./rcon-command.js";
import { RconAuthError, RconConnection } from "./rcon-connection.js";
import type { RconOptions, SendRconOptions } from "./rcon-options.js";

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
};
/** A connection that held so long was a good one: the next wait begins short again. */
const STABLE_AFTER_MS = 5000;

/**
 * Keeps one RCON connection to a server and queues commands for it. A command runs at most once: it is never sent again. Every
 * refusal carries `detail.sent`: false means that the server never saw the command, true that it may have run.
 */
export class RconClient {
  readonly #settings: Settings;
  readonly #queue = new CommandQueue();
  /** By request id. */
  readonly #inFlight = new Map<number, RconCommand>();
  readonly #deadlines = new DeadlineTimer((now) => this.#expireDue(now));
  readonly #listeners = new Map<RconEvent, Set<(detail?: string) => void>>();
  readonly #closing = new AbortController();
  #readyWaiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #connection: RconConnection | undefined;
  #bulkInFlight = 0;
  #supervision: Promise<void> | undefined;
  #isRenewing = false;
  #isDraining = false;

  constructor(options: RconOptions) {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    this.#settings = { ...DEFAULTS, ...given } as Settings;
  }

  /** Signed in and able to take commands. */
  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Commands that wait for a slot. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Slots in use. A command past its deadline keeps its slot until the reply or the loss of the connection. */
  get inFlight(): number {
    return this.#inFlight.size;
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
    const refused = this.#refusal(command, bytes);
    if (refused) return Promise.reject(refused);
    const timeoutMs = options.timeoutMs ?? this.#settings.defaultTimeoutMs;
    const deadline = performance.now() + timeoutMs;
    return new Promise((resolve, reject) => {
      this.#queue.push({
        command,
        bytes,
        lane: options.lane ?? "normal",
        ordered: options.ordered,
        expectEmpty: options.expectEmpty === true,
        timeoutMs,
        deadline,
        isSent: false,
        isSettled: false,
        resolve,
        reject,
      });
      this.#deadlines.set(deadline);
      this.#pump();
    });
  }

  /** Rejects everything pending with rcon-lost and ends the connection. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#deadlines.clear();
    this.#rejectAll("the client was closed");
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

  #refusal(command: string, bytes: number): FactorioError | undefined {
    // The game never answers an empty command and runs only the first line of several.
    if (command.trim() === "")
      return refuse("rcon-empty-command", "The RCON command is empty. Give a command such as /players.");
    if (/[\n\r\0]/.test(command))
      return refuse("rcon-invalid-command", "The RCON command has more than one line. Put it on one.");
    const { maxCommandBytes, maxQueuedCommands } = this.#settings;
    if (bytes > maxCommandBytes) {
      return refuse(
        "rcon-command-too-large",
        `The RCON command has ${bytes} bytes, more than the ${maxCommandBytes} allowed. Split it.`,
      );
    }
    if (this.#closing.signal.aborted || (!this.#connection && !this.#isRenewing))
      return this.#lost("there is no connection", false);
    if (this.#queue.size < maxQueuedCommands) return undefined;
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
      } else if (this.#isRenewing) {
        this.#isRenewing = false;
        this.#rejectAll("it could not be renewed");
      }
      await pause(delayMs, signal);
      delayMs = Math.min(delayMs * 2, this.#settings.reconnectDelayMs * 30);
    }
  }

  async #open(): Promise<RconConnection | undefined> {
    try {
      return await RconConnection.open({
        ...this.#settings,
        signal: this.#closing.signal,
        onReply: (id, reply) => this.#onReply(id, reply),
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
    this.#isRenewing = false;
    this.#emit("connected");
    for (const waiter of this.#readyWaiters.splice(0)) waiter.resolve();
    this.#pump();
    const why = await connection.ended;
    this.#connection = undefined;
    if (!this.#isRenewing) this.#rejectAll(why);
    this.#freeSlots();
    if (this.#isRenewing) return true;
    this.#emit("lost", why);
    return false;
  }

  #pump(): void {
    const connection = this.#connection;
    if (!connection || this.#isRenewing || this.#isDraining) return;
    if (connection.sent >= this.#settings.maxCommandsPerConnection) return this.#renewWhenIdle(connection);
    const { maxConcurrentCommands } = this.#settings;
    while (
      this.#inFlight.size < maxConcurrentCommands &&
      connection.sent < this.#settings.maxCommandsPerConnection
    ) {
      if (connection.needsDrain) return this.#pumpWhenDrained(connection);
      const entry = this.#queue.take(this.#bulkInFlight < Math.max(1, maxConcurrentCommands - 1));
      if (!entry) return;
      entry.isSent = true;
      if (entry.lane === "bulk") this.#bulkInFlight += 1;
      this.#inFlight.set(connection.send(entry.command, entry.bytes), entry);
    }
  }

  #pumpWhenDrained(connection: RconConnection): void {
    this.#isDraining = true;
    void connection.drained().then(() => {
      this.#isDraining = false;
      this.#pump();
    });
  }

  #renewWhenIdle(connection: RconConnection): void {
    if ([...this.#inFlight.values()].some((entry) => !entry.isSettled)) return;
    this.#isRenewing = true;
    void connection.close();
  }

  /** An id that nobody waits for is none of ours. */
  #onReply(id: number, reply: string): void {
    const entry = this.#inFlight.get(id);
    if (!entry) return;
    this.#inFlight.delete(id);
    if (entry.lane === "bulk") this.#bulkInFlight -= 1;
    settleReply(entry, reply);
    this.#queue.finish(entry);
    this.#pump();
  }

  /** After the end of the connection, when no reply can come any more. */
  #freeSlots(): void {
    for (const entry of this.#inFlight.values()) this.#queue.finish(entry);
    this.#inFlight.clear();
    this.#bulkInFlight = 0;
  }

  /** Gives the earliest deadline of the others. */
  #expireDue(now: number): number {
    let earliest = Infinity;
    for (const entry of [...this.#queue, ...this.#inFlight.values()]) {
      if (entry.isSettled) continue;
      if (entry.deadline <= now) this.#expire(entry);
      else earliest = Math.min(earliest, entry.deadline);
    }
    return earliest;
  }

  #expire(entry: RconCommand): void {
    const { isSent: sent, timeoutMs } = entry;
    if (!sent) this.#queue.remove(entry);
    const what = sent ? "had no reply" : "had no turn";
    const message = `The RCON command ${what} within ${timeoutMs} ms. The server may be saving, paused or overloaded.`;
    settleError(entry, new FactorioError("rcon-timeout", message, { detail: { sent, timeoutMs } }));
  }

  #rejectAll(why: string): void {
    for (const entry of this.#queue.takeAll()) settleError(entry, this.#lost(why, false));
    for (const entry of this.#inFlight.values()) settleError(entry, this.#lost(why, true));
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
