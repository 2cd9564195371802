import { Dispatcher, silentLog, type HandlerContext, type LinkLog, type Session } from "@switchyard/link";
import { LinkClient } from "@switchyard/link/node";
import {
  AppError,
  CONTROLLER,
  CORE_MESSAGES,
  HTTP_PATHS,
  type AddressText,
  type AnyEvent,
  type AnyRequest,
  type ParamsOf,
  type PayloadOf,
  type ResultOf,
  type SchemaCompiler,
} from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";

export interface ConnectControlOptions {
  /** `http(s)://host:port` of the controller. */
  url: string;
  /** A user's API token. */
  token: string;
  /** How long to keep trying to reach the controller; default 3000. Refusals are final at once. */
  connectTimeoutMs?: number;
  /** This program's version, told to the controller. */
  version: string;
  signal?: AbortSignal;
  log?: LinkLog;
}

export interface ControlRequestOptions {
  /** Default: the controller. */
  to?: AddressText;
  timeoutMs?: number;
  signal?: AbortSignal;
  onProgress?: (value: unknown) => void;
}

const CONNECT_TIMEOUT_MS = 3000;
const REQUEST_TIMEOUT_MS = 30_000;

/** Resolves when the controller has accepted the token; rejects with `token-unknown`, `controller-unreachable`... */
export async function connectControl(options: ConnectControlOptions): Promise<ControlConnection> {
  const connection = new ControlConnection(options);
  try {
    await connection.open();
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/**
 * A person's or program's way into a cluster. Survives cuts of the link; when the controller was restarted a new
 * session begins, listeners stay, and `onReconnected` tells that what was watched has to be watched again.
 */
export class ControlConnection {
  readonly #client: LinkClient;
  readonly #compiler: SchemaCompiler = createAjvCompiler();
  readonly #listeners = new Set<(dispatcher: Dispatcher) => void>();
  readonly #reconnected = new Set<() => void>();
  readonly #failures = new Set<(reason: AppError) => void>();
  /** Undefined while there is no session; requests wait for the next one. */
  #dispatcher: Dispatcher | undefined;
  #hasBegun = false;
  #lastReason: AppError | undefined;

  constructor(private readonly options: ConnectControlOptions) {
    this.#client = new LinkClient({
      url: options.url.replace(/\/+$/, "") + HTTP_PATHS.link,
      token: options.token,
      identity: { version: options.version },
      stopOnRefusal: true,
      log: options.log ?? silentLog,
    });
    this.#client.onSession((session) => this.#begin(session));
    this.#client.onState((state, reason) => {
      if (reason) this.#lastReason = reason;
      if (state === "refused") this.#fail(reason ?? new AppError("not-signed-in"));
    });
  }

  get url(): string {
    return this.options.url;
  }

  get token(): string {
    return this.options.token;
  }

  async open(): Promise<void> {
    this.#client.start();
    await this.#opened(this.options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, this.options.signal);
  }

  /** Waits for a session when the link is away; rejects with the peer's or the link's AppError. */
  async request<M extends AnyRequest>(
    message: M,
    params: ParamsOf<M>,
    options: ControlRequestOptions = {},
  ): Promise<ResultOf<M>> {
    const { to = CONTROLLER, timeoutMs = REQUEST_TIMEOUT_MS, signal = this.options.signal } = options;
    if (!this.#dispatcher) await this.#opened(timeoutMs, signal);
    if (!this.#dispatcher) throw this.#unreachable();
    return this.#dispatcher.request(message, params, {
      to,
      timeoutMs,
      ...(signal && { signal }),
      ...(options.onProgress && { onProgress: options.onProgress }),
    });
  }

  /** Listens in this session and every later one. */
  on<M extends AnyEvent>(
    message: M,
    listener: (payload: PayloadOf<M>, context: HandlerContext) => void | Promise<void>,
  ): void {
    const add = (dispatcher: Dispatcher) => void dispatcher.on(message, listener);
    this.#listeners.add(add);
    if (this.#dispatcher) add(this.#dispatcher);
  }

  /** Called when a new session replaced a lost one; subscriptions at the other side are gone by then. */
  onReconnected(listener: () => void): void {
    this.#reconnected.add(listener);
  }

  /** Rejects when the connection ended for good (token revoked, access refused); used by commands that run for ever. */
  failed(): Promise<never> {
    return new Promise((_, reject) => this.#failures.add(reject));
  }

  async close(): Promise<void> {
    this.#dispatcher?.close();
    this.#dispatcher = undefined;
    await this.#client.close();
  }

  #begin(session: Session): void {
    this.#dispatcher?.close();
    const dispatcher = new Dispatcher({
      address: session.localAddress,
      messages: CORE_MESSAGES,
      compiler: this.#compiler,
      send: (frame) => session.send(frame),
      log: this.options.log ?? silentLog,
    });
    for (const add of this.#listeners) add(dispatcher);
    session.onFrame((frame) => dispatcher.accept(frame));
    session.onState((state, reason) => {
      if (state !== "lost") return;
      dispatcher.failPending(() => true, reason ?? new AppError("session-lost"));
      dispatcher.close();
      if (this.#dispatcher === dispatcher) this.#dispatcher = undefined;
    });
    this.#dispatcher = dispatcher;
    const isFirst = !this.#hasBegun;
    this.#hasBegun = true;
    if (!isFirst) for (const listener of this.#reconnected) listener();
  }

  async #opened(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const late = AbortSignal.timeout(timeoutMs);
    try {
      await this.#client.opened(signal ? AbortSignal.any([late, signal]) : late);
    } catch (error) {
      if (signal?.aborted) throw new AppError("cancelled");
      throw late.aborted ? this.#unreachable() : AppError.from(error);
    }
  }

  #unreachable(): AppError {
    const last = this.#lastReason;
    // The address that the person gave, not the path below it.
    const reason = String(last?.details["reason"] ?? last?.message ?? "no answer");
    return new AppError("controller-unreachable", { url: this.options.url, reason });
  }

  #fail(reason: AppError): void {
    for (const reject of this.#failures) reject(reason);
  }
}
