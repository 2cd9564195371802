import { LinkClientCore } from "../link-client.js";
import type { SessionLimits } from "../limits.js";
import type { LinkLog } from "../log.js";

export interface BrowserLinkClientOptions {
  /** ws:// or wss:// URL of the link, or http(s). */
  url: string;
  /** Asked when an upgrade was refused, to learn the code; default: /api/v1/session at the same origin as `url`. */
  sessionUrl?: string;
  identity: { version: string };
  limits?: Partial<SessionLimits>;
  log: LinkLog;
  reconnect?: { firstDelayMs: number; maxDelayMs: number };
  stopOnRefusal?: boolean;
}

/** Skeleton; the implementation follows. */
export class BrowserLinkClient extends LinkClientCore {
  constructor(options: BrowserLinkClientOptions) {
    super({ ...options, openTransport: () => Promise.reject(new Error("not built yet")) });
  }
}
