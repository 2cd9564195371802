import type { Clock } from "../clock.js";
import type { SessionLimits } from "../limits.js";
import { LinkClientCore } from "../link-client.js";
import type { LinkLog } from "../log.js";

export interface LinkClientOptions {
  /** ws://, wss://, http:// or https://, with the path (HTTP_PATHS.link). */
  url: string;
  token?: string;
  identity: { version: string };
  limits?: Partial<SessionLimits>;
  log: LinkLog;
  reconnect?: { firstDelayMs: number; maxDelayMs: number };
  headers?: Record<string, string>;
  /** End at the first refusal instead of trying again each 30 s. */
  stopOnRefusal?: boolean;
  clock?: Clock;
}

/** Skeleton; the implementation follows. */
export class LinkClient extends LinkClientCore {
  constructor(options: LinkClientOptions) {
    super({ ...options, openTransport: () => Promise.reject(new Error("not built yet")) });
  }
}
