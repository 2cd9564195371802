import type { IncomingMessage, Server } from "node:http";
import type { AddressText, AppError } from "@switchyard/protocol";
import type { Clock } from "../clock.js";
import type { SessionLimits } from "../limits.js";
import type { LinkLog } from "../log.js";
import type { PeerIdentity, Session } from "../session.js";

export interface LinkServerOptions {
  httpServer: Server;
  path: string;
  /** The version told to clients in the welcome. */
  version?: string;
  limits?: Partial<SessionLimits>;
  /** Runs before the upgrade; an AppError becomes an HTTP status with a JSON ErrorPayload, and no WebSocket is opened. */
  authenticate(request: IncomingMessage): Promise<PeerIdentity>;
  /** New sessions only; a resumed one goes on by itself. */
  onSession(session: Session, resumed: false): void;
  log: LinkLog;
  /** Default 10 000. */
  maxConnections?: number;
  clock?: Clock;
}

/** Skeleton; the implementation follows. */
export class LinkServer {
  readonly sessions: ReadonlySet<Session> = new Set<Session>();
  constructor(_options: LinkServerOptions) {}
  closePeer(_address: AddressText, _reason: AppError): void {}
  close(_reason: AppError): Promise<void> {
    return Promise.resolve();
  }
}
