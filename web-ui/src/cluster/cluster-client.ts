import { Value } from "typebox/value";
import {
  AppError,
  cachedCompiler,
  CollectionChanged,
  CONTROLLER,
  CORE_MESSAGES,
  GetSession,
  HTTP_PATHS,
  WatchCollection,
  type AnyRequest,
  type Host,
  type Instance,
  type ParamsOf,
  type ResultOf,
} from "@switchyard/protocol";
import {
  Dispatcher,
  silentLog,
  type LinkClientState,
  type RequestOptions,
  type Session,
} from "@switchyard/link";
import { BrowserLinkClient } from "@switchyard/link/browser";
import { CollectionStore } from "./collection-store.js";
import { Observable } from "./observable.js";

export type SessionInfo = ResultOf<typeof GetSession>;

/** The link's state as people see it; `signedOut`: the controller refused who we are. */
export interface ConnectionStatus {
  state: LinkClientState;
  reason: AppError | undefined;
}

// The content security policy forbids generated code, so schemas are interpreted here.
const compileSchema = cachedCompiler((schema) => (value) => {
  const [error] = Value.Errors(schema, value);
  return error ? `${error.instancePath || "/"} ${error.message}` : undefined;
});

/** One link to the controller, and what the panel keeps up to date through it. */
export class ClusterClient {
  readonly status = new Observable<ConnectionStatus>({ state: "connecting", reason: undefined });
  readonly session = new Observable<SessionInfo | undefined>(undefined);
  readonly hosts = new CollectionStore<Host>();
  readonly instances = new CollectionStore<Instance>();
  /** Changes with each new session on the link: what was followed on the old one must be asked for again. */
  readonly dispatcher = new Observable<Dispatcher | undefined>(undefined);
  private readonly link: BrowserLinkClient;

  constructor(origin: string) {
    this.link = new BrowserLinkClient({
      url: `${origin.replace(/^http/, "ws")}${HTTP_PATHS.link}`,
      identity: { version: "web" },
      log: silentLog,
      stopOnRefusal: true,
    });
    this.link.onState((state, reason) => this.status.set({ state, reason }));
    this.link.onSession((session) => this.begin(session));
  }

  start(): void {
    this.link.start();
  }

  async close(): Promise<void> {
    this.dispatcher.current?.close();
    await this.link.close();
  }

  /** Rejects with AppError; `controller-unreachable` while there is no link. */
  async request<M extends AnyRequest>(
    message: M,
    params: ParamsOf<M>,
    options: Partial<RequestOptions> = {},
  ): Promise<ResultOf<M>> {
    const dispatcher = this.dispatcher.current;
    if (!dispatcher) {
      throw new AppError("controller-unreachable", {
        url: location.origin,
        reason: "the link is being set up again",
      });
    }
    return dispatcher.request(message, params, { to: CONTROLLER, ...options });
  }

  private begin(session: Session): void {
    this.dispatcher.current?.close();
    const dispatcher = new Dispatcher({
      address: session.localAddress,
      messages: CORE_MESSAGES,
      compiler: compileSchema,
      send: (frame) => session.send(frame),
    });
    session.onFrame((frame) => dispatcher.accept(frame));
    session.onState((state, reason) => {
      if (state !== "lost") return;
      dispatcher.failPending(() => true, reason ?? new AppError("session-lost"));
      dispatcher.close();
      if (this.dispatcher.current === dispatcher) this.dispatcher.set(undefined);
    });
    dispatcher.on(CollectionChanged, ({ collection, changes }) => this[collection].apply(changes));
    this.dispatcher.set(dispatcher);
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      await Promise.all([
        this.request(GetSession, {}).then((info) => this.session.set(info)),
        this.watch("hosts"),
        this.watch("instances"),
      ]);
    } catch (error) {
      // A lost session asks again when it is back; anything else is shown.
      const reason = AppError.from(error);
      if (reason.code !== "session-lost") this.status.set({ state: "refused", reason });
    }
  }

  private async watch(collection: "hosts" | "instances"): Promise<void> {
    const store: Pick<CollectionStore<unknown>, "revision" | "replace" | "apply"> = this[collection];
    const answer = await this.request(WatchCollection, { collection, sinceRevision: store.revision });
    if (answer.complete) store.replace(answer.changes);
    else store.apply(answer.changes);
  }
}
