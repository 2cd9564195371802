import {
  AppError,
  CONTROLLER,
  CORE_MESSAGES,
  type AddressText,
  type AnyEvent,
  type AnyRequest,
  type ParamsOf,
  type PayloadOf,
  type ResultOf,
  type SchemaCompiler,
} from "@switchyard/protocol";
import { Dispatcher, type RequestOptions, type Session } from "@switchyard/link";
import type { LinkClient } from "@switchyard/link/node";
import { errorFields, type Logger } from "@switchyard/node-kit";
import { Backoff } from "./pauses.js";

export interface ControllerLinkOptions {
  client: Pick<LinkClient, "start" | "close" | "onSession" | "onState">;
  url: string;
  compiler: SchemaCompiler;
  log: Logger;
  /** Adds the handlers; called for each new session. */
  serve(dispatcher: Dispatcher): void;
  /** The first thing said on each new session; tried again while the session lasts. */
  register(dispatcher: Dispatcher): Promise<void>;
}

interface Connection {
  readonly session: Session;
  readonly dispatcher: Dispatcher;
  /** Aborted when the session is lost. */
  readonly ended: AbortController;
  registered: boolean;
}

/**
 * The host's side of its session to the controller. A dropped socket that is resumed is not noticed here;
 * when the session is lost, what waits for an answer is rejected with the reason and a new session registers again.
 */
export class ControllerLink {
  #connection: Connection | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #lostListeners: (() => void)[] = [];

  constructor(private readonly options: ControllerLinkOptions) {}

  start(): void {
    const { client, log } = this.options;
    client.onSession((session) => this.#begin(session));
    client.onState((state, reason) => {
      // Refusals and lost sessions are logged by the link itself.
      if (reason === undefined) log.info(`Link to the controller: ${state}`);
      else if (reason.code === "controller-unreachable" && state === "connecting") log.warn(reason.message);
    });
    client.start();
  }

  /** The host's address, once it ever had a session. */
  get address(): AddressText | undefined {
    return this.#connection?.session.localAddress;
  }

  get isReady(): boolean {
    return this.#connection?.registered === true;
  }

  /** False while there is no session or it is slow: what may be left out should be. */
  get writable(): boolean {
    return this.#connection?.session.writable === true && this.#connection.session.state === "open";
  }

  /** Resolves when the controller knows this host; also when the signal aborts, so look at it afterwards. */
  whenReady(signal?: AbortSignal): Promise<void> {
    if (this.isReady || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  onLost(listener: () => void): void {
    this.#lostListeners.push(listener);
  }

  /** To the controller. Rejects AppError; `controller-unreachable` when there is no session. */
  async request<M extends AnyRequest>(
    message: M,
    params: ParamsOf<M>,
    options: Omit<RequestOptions, "to">,
  ): Promise<ResultOf<M>> {
    const connection = this.#connection;
    if (!connection?.registered) throw this.#unreachable();
    return connection.dispatcher.request(message, params, { to: CONTROLLER, ...options });
  }

  /** Left out while there is no session. Only for what the next registration, or nobody, makes up for. */
  emit<M extends AnyEvent>(
    message: M,
    payload: PayloadOf<M>,
    options: { to: AddressText; from: AddressText },
  ): void {
    try {
      this.#connection?.dispatcher.emit(message, payload, options);
    } catch (error) {
      this.options.log.debug(`${message.name} was not sent`, errorFields(error));
    }
  }

  async close(): Promise<void> {
    await this.options.client.close();
    if (this.#connection) this.#end(this.#connection, new AppError("shutting-down", { what: "The host" }));
    for (const done of [...this.#waiting]) done();
  }

  #begin(session: Session): void {
    if (this.#connection) this.#end(this.#connection, new AppError("session-lost"));
    const { compiler, log } = this.options;
    const dispatcher = new Dispatcher({
      address: session.localAddress,
      messages: CORE_MESSAGES,
      compiler,
      send: (frame) => session.send(frame),
      log,
    });
    const connection: Connection = { session, dispatcher, ended: new AbortController(), registered: false };
    this.#connection = connection;
    this.options.serve(dispatcher);
    session.onFrame((frame) => dispatcher.accept(frame));
    session.onState((state, reason) => {
      if (state === "lost") this.#end(connection, reason ?? new AppError("session-lost"));
    });
    void this.#register(connection);
  }

  async #register(connection: Connection): Promise<void> {
    const backoff = new Backoff(200, 10_000);
    const { signal } = connection.ended;
    while (!signal.aborted) {
      try {
        await this.options.register(connection.dispatcher);
        if (this.#connection !== connection) return;
        connection.registered = true;
        for (const done of [...this.#waiting]) done();
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.options.log.error("The controller did not register this host", errorFields(error));
        await backoff.wait(signal);
      }
    }
  }

  #end(connection: Connection, reason: AppError): void {
    if (connection.ended.signal.aborted) return;
    connection.ended.abort(reason);
    if (this.#connection === connection) this.#connection = undefined;
    connection.dispatcher.failPending(() => true, reason);
    connection.dispatcher.close();
    for (const listener of this.#lostListeners) listener();
  }

  #unreachable(): AppError {
    return new AppError("controller-unreachable", {
      url: this.options.url,
      reason: "there is no connection now; it is tried again",
    });
  }
}
