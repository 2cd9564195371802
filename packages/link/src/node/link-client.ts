import type { Clock } from "../clock.js";
import { DEFAULT_LIMITS, type SessionLimits } from "../limits.js";
import { LinkClientCore } from "../link-client.js";
import type { LinkLog } from "../log.js";
import { openWebSocket } from "./open-web-socket.js";

export interface LinkClientOptions {
  /** ws://, wss://, http:// or https://, with the path (HTTP_PATHS.link). */
  url: string;
  token?: string;
  identity: { version: string };
  limits?: Partial<SessionLimits>;
  log: LinkLog;
  /** Full jitter between 0 and a delay that doubles from first (100) to max (3000). */
  reconnect?: { firstDelayMs: number; maxDelayMs: number };
  headers?: Record<string, string>;
  /** End at the first refusal instead of trying again each 30 s. */
  stopOnRefusal?: boolean;
  clock?: Clock;
}

/** The link of a host or of a command line program: authenticated by a token in the upgrade request. */
export class LinkClient extends LinkClientCore {
  constructor(options: LinkClientOptions) {
    const headers = {
      ...options.headers,
      ...(options.token !== undefined && { Authorization: `Bearer ${options.token}` }),
    };
    const maxPayload = (options.limits?.maxFrameBytes ?? DEFAULT_LIMITS.maxFrameBytes) * 2;
    super({
      ...options,
      openTransport: (signal) => openWebSocket({ url: options.url, headers, maxPayload, signal }),
    });
  }
}
