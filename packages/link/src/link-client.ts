import { AppError, CONTROLLER } from "@switchyard/protocol";
import { systemClock, type Clock } from "./clock.js";
import { parseErrorPayload } from "./error-payload.js";
import { sayHello, type Welcome } from "./handshake.js";
import { DEFAULT_LIMITS, type SessionLimits } from "./limits.js";
import type { LinkLog } from "./log.js";
import { abortableDelay, ReconnectDelay } from "./reconnect-delay.js";
import { Session, type SessionState } from "./session.js";
import type { Transport } from "./transport.js";

/** `refused`: the controller said no; it is asked again slowly. `away`: the session waits to be resumed. */
export type LinkClientState = "connecting" | "open" | "away" | "refused" | "closed";

export interface LinkClientCoreOptions {
  /**
   * Opens one connection. Throws AppError: one with a status below 500 is a refusal (it is tried again slowly);
   * anything else, and 404, is a controller that cannot be reached just now.
   */
  openTransport(signal: AbortSignal): Promise<Transport>;
  identity: { version: string };
  limits?: Partial<SessionLimits>;
  log: LinkLog;
  /** Full jitter between 0 and a delay that doubles from first (100) to max (3000). */
  reconnect?: { firstDelayMs: number; maxDelayMs: number };
  /** End at the first refusal instead of trying again each 30 s. */
  stopOnRefusal?: boolean;
  clock?: Clock;
  random?: () => number;
}

type StateListener = (state: LinkClientState, reason?: AppError) => void;

/**
 * Keeps a session to the controller for ever: resumes it after a cut; when the controller does not know it any more
 * (it restarted, or the window is over) the old session is lost and a new one begins.
 */
export class LinkClientCore {
  readonly #options: LinkClientCoreOptions;
  readonly #clock: Clock;
  readonly #delay: ReconnectDelay;
  readonly #sessionListeners = new Set<(session: Session) => void>();
  readonly #stateListeners = new Set<StateListener>();
  readonly #closing = new AbortController();
  #waking = new AbortController();
  #state: LinkClientState = "connecting";
  #reason: AppError | undefined;
  #session: Session | undefined;
  #running: Promise<void> | undefined;
  #transportClosed: Promise<void> = Promise.resolve();

  constructor(options: LinkClientCoreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#delay = new ReconnectDelay(options.reconnect, options.random);
  }

  /** The present session, or the last one when it is lost and no other has begun. */
  get session(): Session | undefined {
    return this.#session;
  }

  get state(): LinkClientState {
    return this.#state;
  }

  start(): void {
    if (this.#state !== "closed") this.#running ??= this.#run();
  }

  /** Every new session, not resumes. Listen before `start`. */
  onSession(listener: (session: Session) => void): () => void {
    this.#sessionListeners.add(listener);
    return () => this.#sessionListeners.delete(listener);
  }

  /** Called when the state or the code of its reason changes. `open` has no reason. */
  onState(listener: StateListener): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /**
   * Resolves when open. Rejects with the refusal (token-unknown, token-expired, version-mismatch...) when refused,
   * `cancelled` by the signal, `shutting-down` when closed.
   */
  opened(signal?: AbortSignal): Promise<Session> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: Session | AppError) => {
        removeListener();
        signal?.removeEventListener("abort", onAbort);
        if (outcome instanceof AppError) reject(outcome);
        else resolve(outcome);
      };
      const onAbort = () => settle(this.#reason ?? new AppError("cancelled"));
      const look = () => {
        if (this.#state === "open" && this.#session) settle(this.#session);
        else if (this.#state === "refused") settle(this.#reason ?? new AppError("permission-denied"));
        else if (this.#state === "closed")
          settle(this.#reason ?? new AppError("shutting-down", { what: "The link" }));
      };
      const removeListener = this.onState(look);
      signal?.addEventListener("abort", onAbort, { once: true });
      if (signal?.aborted) onAbort();
      else look();
    });
  }

  /** Tries at once instead of waiting for the next attempt. */
  retryNow(): void {
    this.#waking.abort();
  }

  /** Says goodbye and ends. Resolves when the connection is closed and no timer is left. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#session?.close(new AppError("shutting-down", { what: "The peer" }));
    await this.#running;
    await this.#transportClosed;
    this.#setState("closed", this.#reason);
    this.#stateListeners.clear();
    this.#sessionListeners.clear();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const refused = await this.#once(signal);
      if (refused && this.#options.stopOnRefusal) {
        this.#session?.abandon(this.#reason ?? new AppError("session-lost"));
        return;
      }
      if (!signal.aborted) await this.#pause(refused);
    }
  }

  /** One connection from its opening to its end. True when the controller refused this client. */
  async #once(signal: AbortSignal): Promise<boolean> {
    try {
      const session = await this.#connect();
      const openedAt = this.#clock.now();
      const { state, reason } = await untilNotOpen(session);
      this.#delay.wasOpenFor(this.#clock.now() - openedAt);
      const refused = reason?.code === "session-replaced";
      if (!signal.aborted) this.#left(state, refused, reason);
      return refused;
    } catch (error) {
      if (signal.aborted) return false;
      const reason = AppError.from(error);
      const refused = isRefusal(reason);
      this.#failed(refused, reason);
      return refused;
    }
  }

  #left(state: SessionState, refused: boolean, reason: AppError | undefined): void {
    this.#setState(refused ? "refused" : state === "away" ? "away" : "connecting", reason);
  }

  #failed(refused: boolean, reason: AppError): void {
    const away = this.#session?.state === "away";
    this.#setState(refused ? "refused" : away ? "away" : "connecting", reason);
  }

  async #pause(refused: boolean): Promise<void> {
    this.#waking = new AbortController();
    const delayMs = refused ? this.#delay.afterRefusal() : this.#delay.next();
    await abortableDelay(this.#clock, delayMs, this.#closing.signal, this.#waking.signal);
  }

  async #connect(): Promise<Session> {
    const transport = await this.#options.openTransport(this.#closing.signal);
    this.#transportClosed = new Promise((resolve) => transport.onClose(() => resolve()));
    if (this.#closing.signal.aborted) {
      transport.terminate();
      throw new AppError("cancelled");
    }
    const old = this.#session?.state === "away" ? this.#session : undefined;
    const limits = { ...DEFAULT_LIMITS, ...this.#options.limits };
    const hello = {
      version: this.#options.identity.version,
      maxFrameBytes: limits.maxFrameBytes,
      ...(old && { session: old.id, lastSeq: old.lastReceived }),
    };
    const abort = () => transport.terminate();
    this.#closing.signal.addEventListener("abort", abort, { once: true });
    try {
      const welcome = await sayHello(transport, hello, this.#clock);
      return this.#adopt(transport, welcome, old);
    } catch (error) {
      transport.terminate();
      throw error;
    } finally {
      this.#closing.signal.removeEventListener("abort", abort);
    }
  }

  #adopt(transport: Transport, welcome: Welcome, old: Session | undefined): Session {
    if (this.#closing.signal.aborted) throw new AppError("cancelled");
    if (old && welcome.resumed && welcome.session === old.id && old.canResumeFrom(welcome.lastSeq)) {
      old.attach(transport, welcome.lastSeq);
      this.#setState("open");
      return old;
    }
    // The window may have closed while we asked; the server will give up its half when it hears nothing of it.
    if (welcome.resumed) throw new AppError("session-lost");
    const lost = welcome.lost === undefined ? undefined : parseErrorPayload(JSON.stringify(welcome.lost));
    old?.abandon(lost ?? new AppError("session-lost"));
    return this.#begin(transport, welcome);
  }

  #begin(transport: Transport, welcome: Welcome): Session {
    const { limits: wished, log } = this.#options;
    const { heartbeatMs, resumeWindowMs } = welcome;
    const limits = { ...DEFAULT_LIMITS, silenceMs: heartbeatMs * 3, ...wished, heartbeatMs, resumeWindowMs };
    const session = new Session({
      id: welcome.session,
      peer: { kind: "controller", id: CONTROLLER, address: CONTROLLER, version: welcome.version },
      localAddress: welcome.address,
      limits,
      peerMaxFrameBytes: Math.min(limits.maxFrameBytes, welcome.maxFrameBytes),
      clock: this.#clock,
      log,
    });
    session.onState((state, reason) => {
      if (state === "lost") this.#lost(session, reason);
    });
    this.#session = session;
    session.attach(transport, 0);
    for (const listener of [...this.#sessionListeners]) this.#guard(() => listener(session));
    this.#setState("open");
    return session;
  }

  #lost(session: Session, reason: AppError | undefined): void {
    if (this.#closing.signal.aborted) return;
    this.#options.log.warn(`The link session is over: ${reason?.message ?? ""}`, { code: reason?.code });
    // Lost while its socket was away: the loop is between two attempts and would not notice.
    if (this.#state === "away" && session === this.#session) this.#setState("connecting", reason);
  }

  #setState(state: LinkClientState, reason?: AppError): void {
    const before = this.#state;
    // Each failed attempt comes here; listeners hear of the first, and of a new reason.
    if (state === before && reason?.code === this.#reason?.code) return;
    this.#state = state;
    this.#reason = reason;
    if (state !== before && (state === "refused" || before === "open") && reason && state !== "closed") {
      this.#options.log.warn(`The link is ${state}: ${reason.message}`, { code: reason.code });
    }
    for (const listener of [...this.#stateListeners]) this.#guard(() => listener(state, reason));
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      const stack = error instanceof Error ? error.stack : String(error);
      this.#options.log.warn("A listener of the link client failed", { stack });
    }
  }
}

/**
 * A controller that says no to this client, as opposed to one that is not there, is busy, or is not fully up: with
 * those it is worth trying again soon.
 */
function isRefusal(reason: AppError): boolean {
  return reason.status < 500 && reason.status !== 404;
}

function untilNotOpen(session: Session): Promise<{ state: SessionState; reason?: AppError }> {
  return new Promise((resolve) => {
    if (session.state !== "open") {
      resolve({ state: session.state });
      return;
    }
    const remove = session.onState((state, reason) => {
      if (state === "open") return;
      remove();
      resolve({ state, ...(reason && { reason }) });
    });
  });
}
