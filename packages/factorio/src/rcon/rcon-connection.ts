import { once } from "node:events";
import type { Socket } from "node:net";
import { Rcon } from "rcon-client";
import { PacketFramer } from "./packet-framer.js";

export interface RconConnectionOptions {
  host: string;
  port: number;
  password: string;
  maxConcurrentCommands: number;
  maxReplyBytes: number;
  connectTimeoutMs: number;
  signal: AbortSignal;
}

/** The peer answered the sign-in with a refusal. */
export class RconAuthError extends Error {}

/** Longest delay of a Node timer: deadlines are the supervisor's, which keeps the slot; the library's would free it. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * One signed-in connection, on a fresh rcon-client: after a loss the library keeps stale commands and would send them on the
 * next connection. Its other traps are handled here too: an unheard "error" event ends the process, there is no connect
 * timeout, and request ids begin at 0, with which the game answers differently.
 */
export class RconConnection {
  /** Resolves once, with the reason, when the connection is gone. */
  readonly ended: Promise<string>;
  readonly #rcon: Rcon;
  readonly #socket: Socket;
  #sent = 0;

  private constructor(rcon: Rcon, socket: Socket, ended: Promise<string>) {
    this.#rcon = rcon;
    this.#socket = socket;
    this.ended = ended;
  }

  /** Rejects with RconAuthError on a wrong password and with Error on anything else; nothing stays open then. */
  static async open(options: RconConnectionOptions): Promise<RconConnection> {
    const { host, port, password, maxConcurrentCommands, maxReplyBytes, connectTimeoutMs, signal } = options;
    // The library allows as many "end" listeners as commands may be pending; sign-in and this class add theirs.
    const rcon = new Rcon({ host, port, password, timeout: NEVER_MS, maxPending: maxConcurrentCommands + 8 });
    (rcon as unknown as { requestId: number }).requestId = 1;
    let reason = "the other side closed it";
    let socket: Socket | undefined;
    rcon.on("error", (error: unknown) => (reason = describe(error)));
    rcon.on("connect", () => {
      if (rcon.socket) guardReplies((socket = rcon.socket), maxReplyBytes);
    });
    const ended = new Promise<string>((resolve) => rcon.on("end", () => resolve(reason)));
    const stop = (why: string): void => {
      reason = why;
      (socket ?? rcon.socket)?.destroy(new Error(why));
    };
    const timer = setTimeout(() => stop(`no sign-in within ${connectTimeoutMs} ms`), connectTimeoutMs);
    const abort = (): void => stop("it was closed");
    signal.addEventListener("abort", abort, { once: true });
    try {
      signal.throwIfAborted();
      await rcon.connect();
    } catch (error) {
      socket?.destroy();
      if (error instanceof Error && error.message === "Authentication failed")
        throw new RconAuthError("the password is wrong");
      throw new Error(socket ? reason : describe(error), { cause: error });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
    if (!socket || socket.destroyed) throw new Error(reason);
    return new RconConnection(rcon, socket, ended);
  }

  /** Commands sent so far: the library's request id is an int32 that overflows after 2^31. */
  get sent(): number {
    return this.#sent;
  }

  get needsDrain(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** Resolves when the socket takes more, or is gone. */
  async drained(): Promise<void> {
    const done = new AbortController();
    await Promise.race([
      once(this.#socket, "drain", { signal: done.signal }).catch(() => undefined),
      this.ended,
    ]);
    done.abort();
  }

  /** Rejects when the connection is lost; never by time. */
  send(command: string): Promise<string> {
    this.#sent += 1;
    return this.#rcon.send(command);
  }

  /** Lets what is written go out, then closes. */
  async close(): Promise<void> {
    this.#socket.destroySoon();
    const timer = setTimeout(() => this.#socket.destroy(), 1000);
    await this.ended;
    clearTimeout(timer);
  }
}

/** Puts our framer in place of the library's splitter: it pipes the socket right after its "connect" event. */
function guardReplies(socket: Socket, maxReplyBytes: number): void {
  const pipe = socket.pipe.bind(socket);
  const framer = new PacketFramer(maxReplyBytes);
  framer.on("error", (error) => socket.destroy(error));
  socket.pipe = (() => pipe(framer)) as unknown as typeof socket.pipe;
}

function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
