import { AppError, parseAddress, type AddressText } from "@switchyard/protocol";
import { systemClock, type Clock } from "./clock.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Frame } from "./frame.js";
import { LogLimiter, type LinkLog } from "./log.js";
import { RequestTable, type RoutedRequest, type Side } from "./request-table.js";
import type { Session } from "./session.js";

const DEFAULT_MAX_FORWARDED = 10_000;
const LOG_EVERY_MS = 60_000;

export interface RouterOptions {
  /** Asked for broadcast addresses too: true when this side is among them. */
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

/**
 * Forwards frames between sessions and the local dispatcher by their headers; payloads pass as the text they came as.
 * It remembers each request until its answer: only the side that was asked may answer, and when that side is lost the
 * asker is told.
 */
export class Router {
  readonly #options: RouterOptions;
  readonly #table: RequestTable;
  readonly #limiter: LogLimiter;

  constructor(options: RouterOptions) {
    this.#options = options;
    const clock = options.clock ?? systemClock;
    this.#table = new RequestTable(clock, options.maxForwarded ?? DEFAULT_MAX_FORWARDED);
    this.#limiter = new LogLimiter(LOG_EVERY_MS, () => clock.now());
  }

  /** Takes a frame of a session. Never throws: the peer gets its refusals as answers. */
  accept(frame: Frame, from: Session): void {
    try {
      this.#route(frame, from);
    } catch (error) {
      this.#refuse(frame, from, error);
    }
  }

  /** Takes a frame of the local dispatcher; throws AppError when a request or event cannot be sent on. */
  send(frame: Frame): void {
    this.#route(frame, undefined);
  }

  /** Askers of what the session had not answered get `session-lost`; what it asked is cancelled. */
  sessionLost(session: Session, _reason: AppError): void {
    for (const request of this.#table.takeOf(session)) {
      if (request.target === session) this.#answer(request, new AppError("session-lost"));
      else this.#cancel(request);
    }
  }

  #route(frame: Frame, from: Side): void {
    const { t: type } = frame.header;
    if (type === "request") this.#routeRequest(frame, from);
    else if (type === "event") this.#routeEvent(frame, from);
    else if (type === "cancel") this.#routeCancel(frame, from);
    else this.#routeAnswer(frame, from);
  }

  #routeRequest(frame: Frame, from: Side): void {
    const { d: destination = "" } = frame.header;
    if (from) this.#options.admit(frame, from);
    if (addressKind(destination) === "broadcast") {
      throw new AppError("bad-request", { reason: "a request cannot go to all" });
    }
    const target = this.#sideFor(destination, from);
    this.#table.add(frame.header, from, target);
    try {
      this.#deliver(frame, target, from);
    } catch (error) {
      const request = this.#table.find(frame.header.s ?? "", frame.header.i ?? "");
      if (request) this.#table.remove(request);
      throw error;
    }
  }

  #routeEvent(frame: Frame, from: Side): void {
    const { d: destination = "" } = frame.header;
    if (from) this.#options.admit(frame, from);
    if (addressKind(destination) !== "broadcast") {
      this.#deliver(frame, this.#sideFor(destination, from), from);
      return;
    }
    for (const target of this.#options.broadcastTargets?.(destination, from) ?? []) {
      this.#tryDeliver(frame, target, from);
    }
    if (this.#options.isLocal(destination)) this.#deliver(frame, undefined, from);
  }

  #routeCancel(frame: Frame, from: Side): void {
    const request = this.#table.find(frame.header.s ?? "", frame.header.i ?? "");
    if (!request || request.origin !== from) return;
    this.#table.remove(request);
    this.#tryDeliver(
      { header: { ...frame.header, d: request.destination }, payload: "" },
      request.target,
      from,
    );
  }

  #routeAnswer(frame: Frame, from: Side): void {
    const { t: type, s: source, d: asker = "", i: id = "" } = frame.header;
    const request = this.#table.find(asker, id);
    // The asker may have given up, or be gone: then there is nobody to tell.
    if (!request) return;
    if (request.target !== from || request.destination !== source) {
      throw new AppError("source-refused", { peer: from?.peer.address ?? "the local side", source });
    }
    if (type !== "progress") this.#table.remove(request);
    try {
      this.#deliver(frame, request.origin, from);
    } catch (error) {
      const reason = AppError.from(error);
      if (reason.code === "frame-too-large" && type !== "progress") this.#answer(request, reason);
    }
  }

  #sideFor(destination: AddressText, from: Side): Side {
    if (this.#options.isLocal(destination)) return undefined;
    if (!addressKind(destination))
      throw new AppError("bad-request", { reason: "the destination is no address" });
    const session = this.#options.sessionFor(destination);
    // Both sides of a link may take the other for the one who knows; that would never end.
    if (session === from) throw new AppError("peer-gone", { peer: destination });
    return session;
  }

  #deliver(frame: Frame, target: Side, from: Side): void {
    if (target) {
      target.send(frame);
      return;
    }
    const user = from && this.#options.userOf?.(from);
    this.#options.local.accept(frame, user === undefined ? {} : { user });
  }

  #tryDeliver(frame: Frame, target: Side, from: Side): void {
    try {
      this.#deliver(frame, target, from);
    } catch (error) {
      const { code } = AppError.from(error);
      this.#options.log.debug?.(`A ${frame.header.t} could not be sent on`, {
        to: target?.peer.address,
        code,
      });
    }
  }

  #cancel({ source, destination, id, target, origin }: RoutedRequest): void {
    this.#tryDeliver(
      { header: { t: "cancel", s: source, d: destination, i: id }, payload: "" },
      target,
      origin,
    );
  }

  /** Answers in the name of the one who was asked, since the asker takes answers from no one else. */
  #answer(request: Pick<RoutedRequest, "source" | "destination" | "id" | "origin">, error: AppError): void {
    const { source, destination, id, origin } = request;
    const payload = JSON.stringify(error.toPayload());
    this.#tryDeliver(
      { header: { t: "error", s: destination, d: source, i: id }, payload },
      origin,
      undefined,
    );
  }

  #refuse(frame: Frame, from: Session, error: unknown): void {
    const { t: type, s: source = "", d: destination = "", i: id = "", m: name } = frame.header;
    const reason = AppError.from(error);
    const isFault = !(error instanceof AppError);
    // That someone is away is for the asker to know, not for the log.
    const isAbsence = reason.status === 503;
    if (isFault || (!isAbsence && this.#limiter.allows(`${from.id} ${reason.code}`))) {
      const stack = isFault && error instanceof Error ? { stack: error.stack } : {};
      const what = `${type}${name === undefined ? "" : ` ${name}`}`;
      this.#options.log.warn(
        `Refused a ${what} of ${from.peer.address} to ${destination}: ${reason.message}`,
        {
          code: reason.code,
          ...stack,
        },
      );
    }
    if (type === "request") this.#answer({ source, destination, id, origin: from }, reason);
  }
}

function addressKind(address: AddressText): string | undefined {
  return parseAddress(address)?.kind;
}
