import type { IncomingMessage, Server } from "node:http";
import {
  AppError,
  CONTROLLER,
  controlAddress,
  ControlGone,
  CollectionChanged,
  hostAddress,
  HTTP_PATHS,
  parseAddress,
  type AddressText,
  type AnyMessage,
  type CollectionName,
  type SchemaCompiler,
} from "@switchyard/protocol";
import {
  Dispatcher,
  LogLimiter,
  Router,
  type Frame,
  type PeerIdentity,
  type Session,
} from "@switchyard/link";
import { LinkServer } from "@switchyard/link/node";
import { createId, errorFields, type Logger } from "@switchyard/node-kit";
import { authenticate, type AuthenticateOptions } from "../auth/authenticate.js";
import { auditRefusal } from "../state/audit.js";
import type { Watcher } from "../state/collections.js";
import type { Hosts } from "../state/hosts.js";
import type { Instances } from "../state/instances.js";
import type { ControllerStore } from "../store/controller-store.js";
import { Admission } from "./admission.js";
import type { Askers } from "./askers.js";
import type { HostPresence } from "./host-presence.js";
import type { Peers } from "./peers.js";
import { RoutedAudit } from "./routed-audit.js";

export interface ControllerLinkOptions extends AuthenticateOptions {
  messages: readonly AnyMessage[];
  compiler: SchemaCompiler;
  store: ControllerStore;
  hosts: Hosts;
  instances: Instances;
  peers: Peers;
  askers: Askers;
  presence: HostPresence;
  version: string;
  log: Logger;
  /** A control's session is over. */
  onControlGone(address: AddressText): void;
}

const LOG_EVERY_MS = 10_000;

/** The controller's end of all links: who may open one, what they may say, and where it goes. */
export class ControllerLink {
  readonly dispatcher: Dispatcher;
  private readonly router: Router;
  private readonly admission: Admission;
  private readonly routedAudit: RoutedAudit;
  private readonly limiter = new LogLimiter(LOG_EVERY_MS, () => performance.now());
  private server: LinkServer | undefined;

  constructor(private readonly options: ControllerLinkOptions) {
    const { instances, askers, log } = options;
    this.dispatcher = new Dispatcher({
      address: CONTROLLER,
      messages: options.messages,
      compiler: options.compiler,
      send: (frame) => this.router.send(frame),
      log,
    });
    const messages = new Map(options.messages.map((message) => [message.name, message]));
    this.routedAudit = new RoutedAudit({
      ...{ messages, store: options.store, log },
      actorBehind: (session) => askers.actorBehind(session),
      sessionFor: (destination) => this.sessionFor(destination),
    });
    this.admission = new Admission({
      messages,
      hostOf: (id) => instances.hostOf(id),
      userOf: (session) => askers.userOf(session),
    });
    this.router = new Router({
      isLocal: (destination) => destination === CONTROLLER,
      local: this.dispatcher,
      sessionFor: (destination) => this.sessionFor(destination),
      broadcastTargets: (destination, from) => this.broadcastTargets(destination, from),
      admit: (frame, from) => this.admit(frame, from),
      // A missing user is refused by whoever asks for one.
      userOf: (from) => askers.userOf(from)?.name,
      log,
    });
  }

  /** Before the HTTP server listens. */
  listen(httpServer: Server): void {
    const { version, log } = this.options;
    this.server = new LinkServer({
      httpServer,
      path: HTTP_PATHS.link,
      version,
      authenticate: (request) => this.identify(request),
      onSession: (session) => this.begin(session),
      log,
    });
  }

  /** Undefined when that control is gone. */
  watcherAt(address: AddressText): Watcher | undefined {
    const session = this.options.peers.get(address);
    if (!session) return undefined;
    return {
      writable: session.writable,
      whenWritable: () => session.whenWritable(),
      send: (collection: CollectionName, changes) => {
        try {
          this.dispatcher.emit(CollectionChanged, { collection, changes }, { to: address });
        } catch (error) {
          // The session is lost by that, and its end drops the watcher.
          this.options.log.debug(`Changes did not reach ${address}`, errorFields(error));
        }
      },
    };
  }

  async close(reason: AppError): Promise<void> {
    await this.server?.close(reason);
    this.dispatcher.close();
  }

  private async identify(request: IncomingMessage): Promise<PeerIdentity> {
    const requester = await authenticate(this.options, request, "upgrade");
    const { hash, expiresAtMs } = requester.token;
    const userId = requester.kind === "user" ? requester.user.id : undefined;
    this.options.peers.note(hash, { origin: this.options.origin.addressOf(request), expiresAtMs, userId });
    const common = { credential: hash, version: "" };
    if (requester.kind === "host") {
      const { id } = this.options.hosts.require(requester.hostId);
      return { ...common, kind: "host", id, address: hostAddress(id) };
    }
    const id = createId();
    return { ...common, kind: "control", id, address: controlAddress(id), user: requester.user.name };
  }

  private begin(session: Session): void {
    const { peers, presence } = this.options;
    peers.add(session);
    session.onFrame((frame) => {
      this.routedAudit.passed(frame, session);
      this.router.accept(frame, session);
    });
    session.onState((state, reason) => {
      const isCurrent = peers.get(session.peer.address) === session;
      if (state === "lost") this.end(session, reason ?? new AppError("session-lost"));
      if (session.peer.kind === "host") presence.sessionTurned(session, state, isCurrent, reason);
    });
  }

  private end(session: Session, reason: AppError): void {
    const { peers, onControlGone } = this.options;
    const { address, id, kind } = session.peer;
    peers.remove(session);
    this.routedAudit.lost(session);
    this.router.sessionLost(session, reason);
    this.dispatcher.failPending(
      (destination) => this.leadsTo(destination, session),
      new AppError("session-lost"),
    );
    this.dispatcher.abortFrom(address);
    if (kind === "host") {
      for (const { spec } of this.options.instances.ofHost(id))
        this.dispatcher.abortFrom(`instance/${spec.id}`);
      return;
    }
    onControlGone(address);
    this.tellHosts(id);
  }

  private tellHosts(controlId: string): void {
    try {
      this.dispatcher.emit(ControlGone, { controlId }, { to: "hosts" });
    } catch (error) {
      this.options.log.warn("Hosts were not told that a control is gone", errorFields(error));
    }
  }

  private leadsTo(destination: AddressText, session: Session): boolean {
    if (destination === session.peer.address) return true;
    const address = parseAddress(destination);
    return (
      session.peer.kind === "host" &&
      address?.kind === "instance" &&
      this.options.instances.hostOf(address.id) === session.peer.id
    );
  }

  private sessionFor(destination: AddressText): Session {
    const { peers, hosts, instances } = this.options;
    const address = parseAddress(destination);
    if (address?.kind === "host" || address?.kind === "instance") {
      const hostId = address.kind === "host" ? address.id : instances.require(address.id).spec.hostId;
      const session = peers.get(hostAddress(hostId));
      if (!session) throw new AppError("host-offline", { host: hosts.require(hostId).name });
      return session;
    }
    const session = peers.get(destination);
    if (!session) throw new AppError("peer-gone", { peer: destination });
    return session;
  }

  private *broadcastTargets(destination: AddressText, from: Session | undefined): Iterable<Session> {
    const kind = destination === "controls" ? "control" : "host";
    for (const session of [...this.options.peers.ofKind(kind)]) if (session !== from) yield session;
  }

  private admit(frame: Frame, from: Session): void {
    try {
      this.admission.admit(frame, from);
      this.routedAudit.asked(frame, from);
    } catch (error) {
      this.auditRefusal(AppError.from(error), frame, from);
      throw error;
    }
  }

  /** The router logs it. Noted once in a while for each peer, message and reason, so that the store does not fill. */
  private auditRefusal(refusal: AppError, { header }: Frame, from: Session): void {
    const { askers, store, log } = this.options;
    if (refusal.code !== "permission-denied" && refusal.code !== "source-refused") return;
    if (!this.limiter.allows(`${from.id} ${refusal.code} ${header.m ?? ""}`)) return;
    auditRefusal(store, log, askers.actorBehind(from), {
      action: header.m ?? "",
      target: header.d ?? "",
      after: { source: header.s },
      outcome: refusal.code,
    });
  }
}
