import { AppError } from "@switchyard/protocol";
import type { Clock } from "./clock.js";
import type { SessionLimits } from "./limits.js";
import type { LinkLog } from "./log.js";
import type { Session } from "./session.js";
import type { Transport } from "./transport.js";

export type LinkClientState = "connecting" | "open" | "away" | "refused" | "closed";

export interface LinkClientCoreOptions {
  /**
   * Opens one connection. Throws AppError: one with a status below 500 is a refusal (it is tried again slowly),
   * anything else is a controller that cannot be reached just now.
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

/** Skeleton; the implementation follows. */
export class LinkClientCore {
  readonly #options: LinkClientCoreOptions;
  constructor(options: LinkClientCoreOptions) {
    this.#options = options;
  }
  start(): void {
    this.#options.log.debug?.("start");
  }
  get session(): Session | undefined {
    return undefined;
  }
  get state(): LinkClientState {
    return "connecting";
  }
  /** Every new session, not resumes. */
  onSession(_listener: (session: Session) => void): () => void {
    return () => {};
  }
  onState(_listener: (state: LinkClientState, reason?: AppError) => void): () => void {
    return () => {};
  }
  opened(_signal?: AbortSignal): Promise<Session> {
    return Promise.reject(new AppError("internal", { reason: "not built yet" }));
  }
  /** Tries at once instead of waiting for the next attempt. */
  retryNow(): void {}
  close(): Promise<void> {
    return Promise.resolve();
  }
}
