import {
  AppError,
  type AddressText,
  type AnyEvent,
  type AnyMessage,
  type AnyRequest,
  type ParamsOf,
  type PayloadOf,
  type ResultOf,
} from "@switchyard/protocol";
import { systemClock } from "./clock.js";
import type { DispatcherOptions, HandlerContext, RequestOptions } from "./dispatcher-types.js";
import type { Frame } from "./frame.js";
import { LogLimiter, silentLog, type LinkLog } from "./log.js";
import { encodePayload, parsePayload } from "./payload.js";
import { PendingRequests } from "./pending-requests.js";
import { randomId } from "./random-id.js";
import { RunningRequests } from "./running-requests.js";

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_CONCURRENT = 256;
const DEFAULT_MAX_PENDING = 10_000;
const LOG_EVERY_MS = 60_000;

type Handler = (params: unknown, context: HandlerContext) => unknown;
type Listener = (payload: unknown, context: HandlerContext) => unknown;

/**
 * Requests and events at one address, or at several local ones. What comes in is checked against the message's schema
 * before a handler sees it, and so is the result of an own request; what goes out is checked by the other side.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #log: LinkLog;
  readonly #limiter: LogLimiter;
  readonly #messages = new Map<string, AnyMessage>();
  readonly #handlers = new Map<string, Handler>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #pending: PendingRequests;
  readonly #running: RunningRequests;
  readonly #closing = new AbortController();
  /** Ids differ between two lives of the same address, so that an answer to the earlier one finds nothing. */
  readonly #idPrefix = randomId().slice(0, 8);
  #lastId = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    const clock = options.clock ?? systemClock;
    this.#limiter = new LogLimiter(LOG_EVERY_MS, () => clock.now());
    this.#running = new RunningRequests(clock, options.maxConcurrentRequests ?? DEFAULT_MAX_CONCURRENT);
    this.#pending = new PendingRequests(clock, options.maxPendingRequests ?? DEFAULT_MAX_PENDING, {
      cancel: ({ from, to, id }) =>
        this.#trySend({ header: { t: "cancel", s: from, d: to, i: id }, payload: "" }),
      check: (message, result) => this.#options.compiler(message.result)(result),
      refused: (frame) =>
        this.#warn(frame, `${frame.header.s} answered what it was not asked`, "source-refused"),
    });
    this.addMessages(options.messages);
  }

  /** Makes messages known, as those of a plugin. */
  addMessages(messages: readonly AnyMessage[]): void {
    for (const message of messages) {
      const known = this.#messages.get(message.name);
      if (known && known !== message) throw new Error(`There are two messages named ${message.name}`);
      this.#messages.set(message.name, message);
    }
  }

  /** Rejects with AppError: what the other side refused with, `deadline-exceeded`, `cancelled`, `session-lost`... */
  request<M extends AnyRequest>(
    message: M,
    params: ParamsOf<M>,
    options: RequestOptions,
  ): Promise<ResultOf<M>> {
    const { to, from = this.#options.address, timeoutMs = DEFAULT_TIMEOUT_MS, signal, onProgress } = options;
    return new Promise((resolve, reject: (error: AppError) => void) => {
      this.#lastId += 1;
      const id = `${this.#idPrefix}.${this.#lastId.toString(36)}`;
      try {
        this.#refuseWhenClosed();
        const header = { t: "request", s: from, d: to, m: message.name, i: id } as const;
        const x = Math.ceil(Math.min(Math.max(timeoutMs, 0), Number.MAX_SAFE_INTEGER));
        const trace = options.traceId === undefined ? {} : { r: options.traceId };
        const payload = encodePayload(params);
        const settle = { resolve: resolve as (result: unknown) => void, reject };
        this.#pending.add({ id, message, from, to, timeoutMs, signal, onProgress, ...settle });
        this.#options.send({ header: { ...header, x, ...trace }, payload });
      } catch (error) {
        this.#pending.remove(id);
        reject(AppError.from(error));
      }
    });
  }

  /** Throws AppError when there is no way to the destination. */
  emit<M extends AnyEvent>(
    message: M,
    payload: PayloadOf<M>,
    options: { to: AddressText; from?: AddressText },
  ): void {
    this.#refuseWhenClosed();
    const { to, from = this.#options.address } = options;
    this.#options.send({
      header: { t: "event", s: from, d: to, m: message.name },
      payload: encodePayload(payload),
    });
  }

  /** One handler per message. An AppError that it throws is the answer; anything else is logged and becomes `internal`. */
  handle<M extends AnyRequest>(
    message: M,
    handler: (params: ParamsOf<M>, context: HandlerContext) => Promise<ResultOf<M>> | ResultOf<M>,
  ): () => void {
    this.addMessages([message]);
    if (this.#handlers.has(message.name)) throw new Error(`${message.name} has a handler already`);
    this.#handlers.set(message.name, handler as Handler);
    return () => this.#handlers.delete(message.name);
  }

  /**
   * Listeners are called in the order of the events and are not waited for: one that works on in the background bounds
   * its own work.
   */
  on<M extends AnyEvent>(
    message: M,
    listener: (payload: PayloadOf<M>, context: HandlerContext) => void | Promise<void>,
  ): () => void {
    this.addMessages([message]);
    const listeners = this.#listeners.get(message.name) ?? new Set();
    this.#listeners.set(message.name, listeners);
    listeners.add(listener as Listener);
    return () => listeners.delete(listener as Listener);
  }

  /** Takes a frame that is for this side. Never throws. */
  accept(frame: Frame, extra: { user?: string } = {}): void {
    const { t: type, s: source = "", i: id = "" } = frame.header;
    if (type === "request") void this.#handleRequest(frame, extra.user);
    else if (type === "event") this.#handleEvent(frame, extra.user);
    else if (type === "cancel") this.#running.abort(source, id, new AppError("cancelled"));
    else this.#pending.accept(frame);
  }

  /** Rejects own requests to destinations that are not there any more. */
  failPending(to: (destination: AddressText) => boolean, reason: AppError): void {
    this.#pending.fail(to, reason);
  }

  /** Aborts the handlers of an asker that is gone; it gets no answers. */
  abortFrom(source: AddressText): void {
    this.#running.abortFrom(source, new AppError("peer-gone", { peer: source }));
  }

  /** Own requests reject, handlers are aborted, and nothing is taken or sent any more. */
  close(): void {
    const reason = this.#closedError();
    this.#closing.abort(reason);
    this.#pending.fail(() => true, reason);
    this.#running.abortAll(reason);
  }

  #closedError(): AppError {
    return new AppError("shutting-down", { what: this.#options.address });
  }

  #refuseWhenClosed(): void {
    if (this.#closing.signal.aborted) throw this.#closedError();
  }

  async #handleRequest(frame: Frame, user: string | undefined): Promise<void> {
    let running: ReturnType<RunningRequests["begin"]> | undefined;
    let answer: { t: "response" | "error"; payload: string };
    try {
      this.#refuseWhenClosed();
      const message = this.#known(frame, "request");
      const handler = this.#handlers.get(message.name);
      if (!handler) throw new AppError("unknown-message", { name: message.name });
      this.#options.authorize?.(message, frame);
      running = this.#running.begin(frame, user, (value) =>
        this.#sendBack(frame, "progress", encodePayload(value)),
      );
      const params = this.#checked(frame, message.params);
      // A handler that answers at once is not made to wait for a turn.
      const outcome = handler(params, running.context);
      const result: unknown = isThenable(outcome) ? await outcome : outcome;
      answer = { t: "response", payload: encodePayload(result) };
    } catch (error) {
      answer = { t: "error", payload: JSON.stringify(this.#refusal(frame, error).toPayload()) };
    }
    running?.end();
    if (!running?.isAbandoned) this.#sendAnswer(frame, answer);
  }

  #sendAnswer(frame: Frame, answer: { t: "response" | "error"; payload: string }): void {
    try {
      this.#options.send(answerTo(frame, answer.t, answer.payload));
    } catch (error) {
      const reason = AppError.from(error);
      if (reason.code === "frame-too-large")
        this.#sendBack(frame, "error", JSON.stringify(reason.toPayload()));
      else this.#log.debug?.("An answer could not be sent", { to: frame.header.s, code: reason.code });
    }
  }

  #handleEvent(frame: Frame, user: string | undefined): void {
    const { s: source = "", d: destination = "", r: traceId } = frame.header;
    const context: HandlerContext = {
      source,
      destination,
      traceId: traceId ?? source,
      signal: this.#closing.signal,
      progress: () => {},
      ...(user !== undefined && { user }),
    };
    try {
      this.#refuseWhenClosed();
      const message = this.#known(frame, "event");
      this.#options.authorize?.(message, frame);
      const listeners = this.#listeners.get(message.name);
      if (!listeners || listeners.size === 0) return;
      const payload = this.#checked(frame, message.payload);
      for (const listener of [...listeners]) void this.#notify(frame, () => listener(payload, context));
    } catch (error) {
      const refusal = this.#refusal(frame, error);
      this.#warn(frame, `An event of ${source} was refused: ${refusal.message}`, refusal.code);
    }
  }

  async #notify(frame: Frame, call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (error) {
      const stack = error instanceof Error ? error.stack : String(error);
      this.#log.warn(`A listener of ${frame.header.m} failed`, { source: frame.header.s, stack });
    }
  }

  #known<K extends AnyMessage["kind"]>(frame: Frame, kind: K): Extract<AnyMessage, { kind: K }> {
    const name = frame.header.m ?? "";
    const message = this.#messages.get(name);
    if (message?.kind !== kind) throw new AppError("unknown-message", { name });
    return message as Extract<AnyMessage, { kind: K }>;
  }

  #checked(frame: Frame, schema: Parameters<DispatcherOptions["compiler"]>[0]): unknown {
    const parsed = parsePayload(frame.payload);
    const fault = "fault" in parsed ? parsed.fault : this.#options.compiler(schema)(parsed.value);
    if (fault !== undefined) throw new AppError("bad-request", { reason: fault });
    return "value" in parsed ? parsed.value : undefined;
  }

  /** What the asker is told. A fault of this program is logged with its stack, and the asker gets neither. */
  #refusal(frame: Frame, error: unknown): AppError {
    if (error instanceof AppError) return error;
    const stack = error instanceof Error ? error.stack : String(error);
    this.#log.warn(`The handler of ${frame.header.m} failed`, { source: frame.header.s, stack });
    return AppError.from(error);
  }

  #sendBack(frame: Frame, type: "progress" | "error", payload: string): void {
    this.#trySend(answerTo(frame, type, payload));
  }

  #trySend(frame: Frame): void {
    try {
      this.#options.send(frame);
    } catch (error) {
      this.#log.debug?.(`A ${frame.header.t} could not be sent`, {
        to: frame.header.d,
        code: AppError.from(error).code,
      });
    }
  }

  #warn(frame: Frame, text: string, code: string): void {
    if (this.#limiter.allows(`${frame.header.s} ${code}`)) this.#log.warn(text, { code });
  }
}

function answerTo(frame: Frame, t: "response" | "error" | "progress", payload: string): Frame {
  const { s = "", d = "", i = "", r } = frame.header;
  return { header: { t, s: d, d: s, i, ...(r !== undefined && { r }) }, payload };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
