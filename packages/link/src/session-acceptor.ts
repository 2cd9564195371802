import { AppError, CONTROLLER, type AddressText } from "@switchyard/protocol";
import type { Clock } from "./clock.js";
import { receiveHello, sendBye, sendWelcome, type Hello } from "./handshake.js";
import type { SessionLimits } from "./limits.js";
import { LogLimiter, type LinkLog } from "./log.js";
import { randomId } from "./random-id.js";
import { Session, type PeerIdentity } from "./session.js";
import type { Transport } from "./transport.js";

/** Why lost sessions were lost is remembered for this many of them. */
const REMEMBERED_LOSSES = 1000;
/** The same fault of the same peer is logged once in this time. */
const LOG_EVERY_MS = 60_000;

export interface SessionAcceptorOptions {
  version: string;
  limits: SessionLimits;
  onSession(session: Session, resumed: false): void;
  log: LinkLog;
  clock: Clock;
}

/** The server's side of sessions, over any transport: greets, resumes, replaces, and keeps who is there. */
export class SessionAcceptor {
  readonly sessions: ReadonlySet<Session>;
  readonly #options: SessionAcceptorOptions;
  readonly #byId = new Map<string, Session>();
  readonly #sessions = new Set<Session>();
  readonly #greeting = new Set<Transport>();
  readonly #losses = new Map<string, AppError>();
  readonly #limiter: LogLimiter;
  #closed: AppError | undefined;

  constructor(options: SessionAcceptorOptions) {
    this.#options = options;
    this.sessions = this.#sessions;
    this.#limiter = new LogLimiter(LOG_EVERY_MS, () => options.clock.now());
  }

  /** Takes a transport whose other end is authenticated as `peer`. Never throws: a peer that is refused gets a bye. */
  async accept(transport: Transport, peer: PeerIdentity): Promise<void> {
    if (this.#closed) {
      sendBye(transport, this.#closed);
      return;
    }
    this.#greeting.add(transport);
    try {
      const hello = await receiveHello(transport, this.#options.clock);
      if (this.#closed) throw this.#closed;
      this.#begin(transport, peer, hello);
    } catch (error) {
      const reason = AppError.from(error);
      sendBye(transport, reason);
      this.#logRefusal(peer, reason);
    } finally {
      this.#greeting.delete(transport);
    }
  }

  closePeer(address: AddressText, reason: AppError): void {
    for (const session of [...this.#sessions]) {
      if (session.peer.address === address) session.close(reason);
    }
  }

  close(reason: AppError): void {
    this.#closed = reason;
    for (const transport of this.#greeting) sendBye(transport, reason);
    for (const session of [...this.#sessions]) session.close(reason);
  }

  #begin(transport: Transport, peer: PeerIdentity, hello: Hello): void {
    const known = hello.session === undefined ? undefined : this.#resumable(hello.session, peer, hello);
    if (known) {
      this.#welcome(transport, known, true);
      known.attach(transport, hello.lastSeq ?? 0);
      return;
    }
    if (peer.kind === "host") this.closePeer(peer.address, replaced(peer));
    const session = this.#create({ ...peer, version: hello.version }, hello);
    const lost = hello.session === undefined ? undefined : this.#losses.get(hello.session);
    this.#welcome(transport, session, false, lost);
    session.attach(transport, 0);
    this.#announce(session);
  }

  #logRefusal(peer: PeerIdentity, reason: AppError): void {
    // A socket that was cut during the handshake is nobody's fault.
    if (reason.code === "session-lost" || reason.code === "shutting-down") return;
    if (!this.#limiter.allows(`${peer.address} ${reason.code}`)) return;
    this.#options.log.warn(`Refused a link of ${peer.address}: ${reason.message}`, { code: reason.code });
  }

  #announce(session: Session): void {
    try {
      this.#options.onSession(session, false);
    } catch (error) {
      if (!(error instanceof AppError)) {
        const stack = error instanceof Error ? error.stack : String(error);
        this.#options.log.warn("A new session could not be set up", { peer: session.peer.address, stack });
      }
      session.close(
        error instanceof AppError ? error : new AppError("internal", { reason: "session set-up" }),
      );
    }
  }

  #create(peer: PeerIdentity, hello: Hello): Session {
    const { limits, clock, log } = this.#options;
    const session = new Session({
      id: randomId(),
      peer,
      localAddress: CONTROLLER,
      limits,
      peerMaxFrameBytes: Math.min(limits.maxFrameBytes, hello.maxFrameBytes),
      clock,
      log,
    });
    this.#byId.set(session.id, session);
    this.#sessions.add(session);
    session.onState((state, reason) => {
      if (state === "lost") this.#forget(session, reason ?? new AppError("session-lost"));
    });
    return session;
  }

  #forget(session: Session, reason: AppError): void {
    this.#byId.delete(session.id);
    this.#sessions.delete(session);
    this.#losses.set(session.id, reason);
    for (const oldest of this.#losses.keys()) {
      if (this.#losses.size <= REMEMBERED_LOSSES) break;
      this.#losses.delete(oldest);
    }
    const { address } = session.peer;
    if (reason.code !== "shutting-down" && this.#limiter.allows(`${address} ${reason.code}`)) {
      this.#options.log.warn(`The link session of ${address} is over: ${reason.message}`, {
        code: reason.code,
      });
    }
  }

  /** The session asked for, if it is the same peer's and nothing would be missing. */
  #resumable(id: string, peer: PeerIdentity, hello: Hello): Session | undefined {
    const session = this.#byId.get(id);
    if (!session || !isSamePeer(session.peer, peer)) return undefined;
    if (session.canResumeFrom(hello.lastSeq ?? 0)) return session;
    session.abandon(new AppError("session-lost"));
    return undefined;
  }

  #welcome(transport: Transport, session: Session, resumed: boolean, lost?: AppError): void {
    const { limits, version } = this.#options;
    sendWelcome(transport, {
      session: session.id,
      address: session.peer.address,
      resumed,
      lastSeq: session.lastReceived,
      heartbeatMs: limits.heartbeatMs,
      resumeWindowMs: limits.resumeWindowMs,
      maxFrameBytes: limits.maxFrameBytes,
      version,
      ...(lost && { lost: lost.toPayload() }),
    });
  }
}

/**
 * A control may be given another id with each connection and keeps the first one by resuming, so the user and the
 * credential count there.
 */
function isSamePeer(known: PeerIdentity, now: PeerIdentity): boolean {
  if (known.kind !== now.kind || known.user !== now.user || known.credential !== now.credential) return false;
  const named = known.kind === "control" && (known.credential ?? known.user) !== undefined;
  return named || known.id === now.id;
}

function replaced(peer: PeerIdentity): AppError {
  return new AppError("session-replaced", { peer: peer.address });
}
