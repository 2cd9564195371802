import { HTTP_PATHS } from "@switchyard/protocol";
import type { SessionLimits } from "../limits.js";
import { LinkClientCore } from "../link-client.js";
import type { LinkLog } from "../log.js";
import { openBrowserSocket, type BrowserGlobals } from "./open-browser-socket.js";

export interface BrowserLinkClientOptions {
  /** ws://, wss://, http:// or https://, with the path (HTTP_PATHS.link). */
  url: string;
  /** Asked when an upgrade was refused, to learn the code; default: HTTP_PATHS.session at the origin of `url`. */
  sessionUrl?: string;
  identity: { version: string };
  limits?: Partial<SessionLimits>;
  log: LinkLog;
  reconnect?: { firstDelayMs: number; maxDelayMs: number };
  stopOnRefusal?: boolean;
  /** Default: those of the page. */
  globals?: BrowserGlobals;
}

/** The link of a page: the session cookie signs it in. */
export class BrowserLinkClient extends LinkClientCore {
  constructor(options: BrowserLinkClientOptions) {
    const { url, sessionUrl = defaultSessionUrl(url), globals = pageGlobals() } = options;
    super({
      ...options,
      openTransport: (signal) => openBrowserSocket({ url, sessionUrl, signal, globals }),
    });
  }
}

function defaultSessionUrl(url: string): string {
  return new URL(HTTP_PATHS.session, url.replace(/^ws/, "http")).href;
}

function pageGlobals(): BrowserGlobals {
  const page = globalThis as unknown as BrowserGlobals;
  return { WebSocket: page.WebSocket, fetch: (url, options) => page.fetch(url, options) };
}
