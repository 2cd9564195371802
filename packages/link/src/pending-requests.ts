import { AppError, type AddressText, type AnyRequest } from "@switchyard/protocol";
import type { Clock } from "./clock.js";
import { parseErrorPayload } from "./error-payload.js";
import type { Frame } from "./frame.js";
import { parsePayload } from "./payload.js";

/** The longest time that timers of JavaScript can hold. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export interface PendingRequest {
  readonly id: string;
  readonly message: AnyRequest;
  readonly from: AddressText;
  readonly to: AddressText;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((value: unknown) => void) | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: AppError) => void;
}

interface Entry extends PendingRequest {
  readonly timer: unknown;
  readonly onAbort: () => void;
}

interface Effects {
  /** The asker does not wait any longer; the other side should know. */
  cancel(request: PendingRequest): void;
  /** What is wrong with the result, or undefined. */
  check(message: AnyRequest, result: unknown): string | undefined;
  /** A frame that answers nothing that was asked of its source. */
  refused(frame: Frame): void;
}

/** The requests of this side that wait for an answer, each with its deadline. */
export class PendingRequests {
  readonly #entries = new Map<string, Entry>();

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
    private readonly effects: Effects,
  ) {}

  /** Throws AppError `queue-full` or `cancelled`. */
  add(request: PendingRequest): void {
    if (this.#entries.size >= this.limit) {
      throw new AppError("queue-full", { what: "an answer", count: this.#entries.size });
    }
    if (request.signal?.aborted) throw new AppError("cancelled");
    const timeoutMs = Math.min(Math.max(request.timeoutMs, 0), MAX_TIMEOUT_MS);
    const timer = this.clock.setTimeout(
      () => this.#giveUp(request.id, new AppError("deadline-exceeded", { timeoutMs })),
      timeoutMs,
    );
    const onAbort = () => this.#giveUp(request.id, new AppError("cancelled"));
    request.signal?.addEventListener("abort", onAbort, { once: true });
    this.#entries.set(request.id, { ...request, timer, onAbort });
  }

  /** A response, error or progress frame. */
  accept(frame: Frame): void {
    const { t: type, i: id, s: source, d: destination } = frame.header;
    const entry = this.#entries.get(id ?? "");
    // An answer that comes after the deadline finds nothing: that is no fault.
    if (!entry) return;
    if (entry.to !== source || entry.from !== destination) {
      this.effects.refused(frame);
      return;
    }
    if (type === "progress") this.#progress(entry, frame.payload);
    else if (type === "error") this.#settle(entry)?.reject(errorOf(frame.payload));
    else this.#respond(entry, frame.payload);
  }

  /** Takes the request away without settling it: it could not be sent. */
  remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#settle(entry);
  }

  fail(matches: (to: AddressText) => boolean, reason: AppError): void {
    for (const entry of [...this.#entries.values()]) {
      if (matches(entry.to)) this.#settle(entry)?.reject(reason);
    }
  }

  #respond(entry: Entry, payload: string): void {
    this.#settle(entry);
    const result = parsePayload(payload);
    const fault = "fault" in result ? result.fault : this.effects.check(entry.message, result.value);
    if (fault === undefined && "value" in result) {
      entry.resolve(result.value);
      return;
    }
    const reason = `the answer of ${entry.to} to ${entry.message.name} is not valid: ${fault ?? ""}`;
    entry.reject(new AppError("internal", { reason }));
  }

  #progress(entry: Entry, payload: string): void {
    const value = parsePayload(payload);
    if ("value" in value) entry.onProgress?.(value.value);
  }

  #giveUp(id: string, reason: AppError): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#settle(entry);
    this.effects.cancel(entry);
    entry.reject(reason);
  }

  #settle(entry: Entry): Entry | undefined {
    if (!this.#entries.delete(entry.id)) return undefined;
    this.clock.clearTimeout(entry.timer);
    entry.signal?.removeEventListener("abort", entry.onAbort);
    return entry;
  }
}

function errorOf(payload: string): AppError {
  return parseErrorPayload(payload) ?? new AppError("internal", { reason: "an error without a code came" });
}
