import type { AddressText, AppError } from "@switchyard/protocol";
import type { Clock } from "./clock.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Frame } from "./frame.js";
import type { LinkLog } from "./log.js";
import type { Session } from "./session.js";

export interface RouterOptions {
  isLocal(destination: AddressText): boolean;
  local: Pick<Dispatcher, "accept">;
  /** The session over which the destination is reached; throws AppError when there is none. */
  sessionFor(destination: AddressText): Session;
  /** For events to `hosts`, `instances`, `controls`; `from` is undefined for those of the local dispatcher. */
  broadcastTargets?(destination: AddressText, from: Session | undefined): Iterable<Session>;
  /** Check of requests and events at the first hop: throws AppError source-refused, permission-denied, unknown-message. */
  admit(frame: Frame, from: Session): void;
  userOf?(from: Session): string | undefined;
  log: LinkLog;
  clock?: Clock;
  /** Requests of one session (or of the local side) without an answer yet, default 10 000; beyond it: `queue-full`. */
  maxForwarded?: number;
}

/** Skeleton; the implementation follows. */
export class Router {
  constructor(_options: RouterOptions) {}
  accept(_frame: Frame, _from: Session): void {}
  send(_frame: Frame): void {}
  sessionLost(_session: Session, _reason: AppError): void {}
}
