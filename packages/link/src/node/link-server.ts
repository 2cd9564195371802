import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { AppError, type AddressText } from "@switchyard/protocol";
import { WebSocketServer } from "ws";
import { systemClock, type Clock } from "../clock.js";
import { DEFAULT_LIMITS, type SessionLimits } from "../limits.js";
import { LogLimiter, type LinkLog } from "../log.js";
import type { PeerIdentity, Session } from "../session.js";
import { SessionAcceptor } from "../session-acceptor.js";
import { refuseUpgrade } from "./upgrade-refusal.js";
import { WsTransport } from "./ws-transport.js";

const DEFAULT_MAX_CONNECTIONS = 10_000;
const LOG_EVERY_MS = 60_000;
/** Sockets that did not close in this time after the goodbye are cut. */
const CLOSE_TIMEOUT_MS = 3000;

export interface LinkServerOptions {
  httpServer: Server;
  path: string;
  /** The version told to clients in the welcome. */
  version?: string;
  limits?: Partial<SessionLimits>;
  /** Runs before the upgrade; an AppError becomes an HTTP status with a JSON ErrorPayload, and no WebSocket is opened. */
  authenticate(request: IncomingMessage): Promise<PeerIdentity>;
  /** New sessions only; a resumed one goes on by itself. An AppError thrown here ends the session with that reason. */
  onSession(session: Session, resumed: false): void;
  log: LinkLog;
  /** Default 10 000. */
  maxConnections?: number;
  clock?: Clock;
}

/** Takes link connections on an HTTP server. Upgrades on other paths are left to other listeners. */
export class LinkServer {
  /** Those that are open or away. */
  readonly sessions: ReadonlySet<Session>;
  readonly #options: LinkServerOptions;
  readonly #acceptor: SessionAcceptor;
  readonly #webSockets: WebSocketServer;
  readonly #limiter: LogLimiter;
  /** All upgraded or upgrading sockets. */
  readonly #connections = new Set<Duplex>();
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void this.#upgrade(request, socket, head);
  };
  #closed: AppError | undefined;

  constructor(options: LinkServerOptions) {
    this.#options = options;
    const clock = options.clock ?? systemClock;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#limiter = new LogLimiter(LOG_EVERY_MS, () => clock.now());
    this.#acceptor = new SessionAcceptor({
      version: options.version ?? "",
      limits,
      onSession: options.onSession,
      log: options.log,
      clock,
    });
    this.sessions = this.#acceptor.sessions;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Compression makes small frames fifty times slower.
      perMessageDeflate: false,
      // Above the frame limit, so that a frame that is a little too large is refused with a code word, not a close code.
      maxPayload: limits.maxFrameBytes * 2,
    });
    options.httpServer.on("upgrade", this.#onUpgrade);
    options.httpServer.once("close", () => options.httpServer.off("upgrade", this.#onUpgrade));
  }

  /** Ends all sessions of the peer with this address. */
  closePeer(address: AddressText, reason: AppError): void {
    this.#acceptor.closePeer(address, reason);
  }

  /**
   * Ends all sessions with the reason and resolves when their sockets are closed. As long as the HTTP server listens,
   * those who come back are refused with the reason: without an answer they would wait, and a 404 would mislead them.
   */
  async close(reason: AppError): Promise<void> {
    this.#closed = reason;
    this.#acceptor.close(reason);
    const closing = [...this.#connections].map(
      (socket) =>
        new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.once("close", resolve))),
    );
    const cut = setTimeout(() => {
      for (const socket of this.#connections) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
    await Promise.all(closing);
    clearTimeout(cut);
    this.#webSockets.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    const alone = this.#options.httpServer.listenerCount("upgrade") === 1;
    if (this.#closed && !alone) return;
    if (request.url?.split("?")[0] !== this.#options.path) {
      if (alone) refuseUpgrade(socket, new AppError("not-found", { what: "link at", id: request.url }));
      return;
    }
    this.#connections.add(socket);
    socket.once("close", () => this.#connections.delete(socket));
    try {
      const peer = await this.#admit(request);
      if (socket.destroyed) return;
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        void this.#acceptor.accept(new WsTransport(webSocket, socket), peer);
      });
    } catch (error) {
      this.#refuse(request, socket, error);
    }
  }

  async #admit(request: IncomingMessage): Promise<PeerIdentity> {
    if (this.#closed) throw this.#closed;
    const most = this.#options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    if (this.#connections.size > most)
      throw new AppError("queue-full", { what: "the controller", count: most });
    const peer = await this.#options.authenticate(request);
    if (this.#closed) throw this.#closed;
    return peer;
  }

  #refuse(request: IncomingMessage, socket: Duplex, error: unknown): void {
    const { log } = this.#options;
    const remote = request.socket.remoteAddress ?? "?";
    if (!(error instanceof AppError)) {
      const stack = error instanceof Error ? error.stack : String(error);
      log.warn("A link could not be authenticated", { remote, stack });
      // What went wrong inside is in the log, not in the answer.
      refuseUpgrade(socket, new AppError("internal", { reason: "see the controller's log" }));
      return;
    }
    if (this.#limiter.allows(`${remote} ${error.code}`)) {
      log.warn(`Refused a link from ${remote}: ${error.message}`, { code: error.code });
    }
    refuseUpgrade(socket, error);
  }
}
