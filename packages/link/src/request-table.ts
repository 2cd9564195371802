import { AppError, type AddressText } from "@switchyard/protocol";
import type { Clock } from "./clock.js";
import type { FrameHeader } from "./frame.js";
import type { Session } from "./session.js";

/** A session, or undefined for the local dispatcher. */
export type Side = Session | undefined;

export interface RoutedRequest {
  readonly source: AddressText;
  readonly destination: AddressText;
  readonly id: string;
  readonly origin: Side;
  readonly target: Side;
  /** When even a slow answer is not to be expected any more. */
  readonly expiresAt: number;
}

const GRACE_MS = 60_000;
const SWEEP_EVERY_MS = 1000;

/** The requests that went through a router and have no answer yet: who asked, and who may answer. */
export class RequestTable {
  readonly #entries = new Map<string, RoutedRequest>();
  readonly #counts = new Map<Side, number>();
  #lastSweep = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly limitPerOrigin: number,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Throws AppError `queue-full`, or `bad-request` for an id that is in use. */
  add(header: FrameHeader, origin: Side, target: Side): void {
    const { s: source = "", d: destination = "", i: id = "", x: leftMs = Infinity } = header;
    const key = keyOf(source, id);
    if (this.#entries.has(key))
      throw new AppError("bad-request", { reason: `the request id ${id} is in use` });
    if (this.#count(origin) >= this.limitPerOrigin) this.#sweep();
    const count = this.#count(origin);
    if (count >= this.limitPerOrigin) throw new AppError("queue-full", { what: destination, count });
    const expiresAt = this.clock.now() + leftMs + GRACE_MS;
    this.#entries.set(key, { source, destination, id, origin, target, expiresAt });
    this.#counts.set(origin, count + 1);
  }

  find(source: AddressText, id: string): RoutedRequest | undefined {
    return this.#entries.get(keyOf(source, id));
  }

  remove(request: RoutedRequest): void {
    if (!this.#entries.delete(keyOf(request.source, request.id))) return;
    const left = this.#count(request.origin) - 1;
    if (left > 0) this.#counts.set(request.origin, left);
    else this.#counts.delete(request.origin);
  }

  /** Takes out all that came from or went to the session. */
  takeOf(session: Session): RoutedRequest[] {
    const taken = [...this.#entries.values()].filter(
      ({ origin, target }) => origin === session || target === session,
    );
    for (const request of taken) this.remove(request);
    return taken;
  }

  #count(origin: Side): number {
    return this.#counts.get(origin) ?? 0;
  }

  /** Askers cancel what they do not wait for any longer; this is for those that do not. */
  #sweep(): void {
    const now = this.clock.now();
    if (now - this.#lastSweep < SWEEP_EVERY_MS) return;
    this.#lastSweep = now;
    for (const request of [...this.#entries.values()]) {
      if (request.expiresAt < now) this.remove(request);
    }
  }
}

function keyOf(source: AddressText, id: string): string {
  return `${source} ${id}`;
}
