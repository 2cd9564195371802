import { once } from "node:events";
import type { Socket } from "node:net";
import { Rcon } from "rcon-client";
import { PacketFramer } from "./packet-framer.js";
import { PacketWriter } from "./packet-writer.js";

export interface RconConnectionOptions {
  host: string;
  port: number;
  password: string;
  maxReplyBytes: number;
  connectTimeoutMs: number;
  signal: AbortSignal;
  /** `id` is what send() gave for the command. */
  onReply(id: number, reply: string): void;
}

/** The peer answered the sign-in with a refusal. */
export class RconAuthError extends Error {}

/** Longest delay of a Node timer: the time limit of the sign-in is ours. */
const NEVER_MS = 2 ** 31 - 1;
/** The library signs in with it. Not 0, its own first id: the game answers that differently. */
const SIGN_IN_ID = 1;

/**
 * One connection that a fresh rcon-client signed in. From then on the socket is ours: the library would free the slot of a
 * command at its time limit, keep stale commands for the next connection, count "end" listeners, and spend several times
 * what a command has to cost. Its other traps are handled here too: an unheard "error" event ends the process, and there is no
 * connect timeout.
 */
export class RconConnection {
  /** Resolves once, with the reason, when the connection is gone. */
  readonly ended: Promise<string>;
  readonly #socket: Socket;
  readonly #writer: PacketWriter;
  #sent = 0;

  private constructor(socket: Socket, ended: Promise<string>) {
    this.#socket = socket;
    this.#writer = new PacketWriter(socket);
    this.ended = ended;
  }

  /** Rejects with RconAuthError on a wrong password and with Error on anything else; nothing stays open then. */
  static async open(options: RconConnectionOptions): Promise<RconConnection> {
    const { host, port, password, connectTimeoutMs, signal } = options;
    const rcon = new Rcon({ host, port, password, timeout: NEVER_MS });
    (rcon as unknown as { requestId: number }).requestId = SIGN_IN_ID;
    const framer = new PacketFramer(options.maxReplyBytes);
    let reason = "the other side closed it";
    let socket: Socket | undefined;
    rcon.on("error", (error: unknown) => (reason = describe(error)));
    rcon.on("connect", () => {
      if (rcon.socket) guardReplies((socket = rcon.socket), framer);
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
    takeOver(socket, framer, options.onReply);
    return new RconConnection(socket, ended);
  }

  /** Commands sent so far: the request id is an int32, so there can be 2^31 at most. */
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

  /** Gives the id that the reply will have. There is none when the connection is lost before. */
  send(command: string, bytes: number): number {
    this.#sent += 1;
    const id = SIGN_IN_ID + this.#sent;
    this.#writer.write(id, command, bytes);
    return id;
  }

  /** Lets what is written go out, then closes. */
  async close(): Promise<void> {
    this.#writer.flush();
    this.#socket.destroySoon();
    const timer = setTimeout(() => this.#socket.destroy(), 1000);
    await this.ended;
    clearTimeout(timer);
  }
}

/** Puts our framer in place of the library's splitter: it pipes the socket right after its "connect" event. */
function guardReplies(socket: Socket, framer: PacketFramer): void {
  const pipe = socket.pipe.bind(socket);
  framer.on("error", (error) => socket.destroy(error));
  socket.pipe = (() => pipe(framer)) as unknown as typeof socket.pipe;
}

/** Reads the replies past the library, beginning where the sign-in ended. */
function takeOver(socket: Socket, framer: PacketFramer, onReply: RconConnectionOptions["onReply"]): void {
  const { cutter } = framer;
  cutter.onPacket = (bytes, start, end) =>
    onReply(bytes.readInt32LE(start + 4), bytes.toString("utf8", start + 12, end - 2));
  socket.unpipe(framer);
  socket.on("data", (chunk: Buffer) => {
    try {
      cutter.push(chunk);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.resume();
}

function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
