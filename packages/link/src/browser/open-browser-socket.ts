import { AppError } from "@switchyard/protocol";
import { parseErrorPayload } from "../error-payload.js";
import type { Transport } from "../transport.js";
import { BrowserTransport, type BrowserSocket } from "./browser-transport.js";

const OPEN_TIMEOUT_MS = 10_000;

/** What the link takes from the page; tests pass their own. */
export interface BrowserGlobals {
  WebSocket: new (url: string) => BrowserSocket;
  fetch(
    url: string,
    options: { credentials: "same-origin"; signal: AbortSignal },
  ): Promise<{ ok: boolean; status: number; text(): Promise<string> }>;
}

interface OpenOptions {
  url: string;
  sessionUrl: string;
  signal: AbortSignal;
  globals: BrowserGlobals;
}

/**
 * A page is not told why an upgrade was refused, so it then asks the controller who is signed in: that answer carries
 * the code. Throws it, or `controller-unreachable`.
 */
export async function openBrowserSocket(options: OpenOptions): Promise<Transport> {
  const socket = await connect(options);
  if (socket) return new BrowserTransport(socket);
  throw await reasonOfRefusal(options);
}

function connect({ url, signal, globals }: OpenOptions): Promise<BrowserSocket | undefined> {
  return new Promise((resolve) => {
    const socket = new globals.WebSocket(url.replace(/^http/, "ws"));
    const settle = (outcome: BrowserSocket | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", fail);
      resolve(outcome);
    };
    const fail = () => {
      socket.close();
      settle(undefined);
    };
    const timer = setTimeout(fail, OPEN_TIMEOUT_MS);
    signal.addEventListener("abort", fail, { once: true });
    socket.addEventListener("open", () => settle(socket));
    socket.addEventListener("error", () => settle(undefined));
    socket.addEventListener("close", () => settle(undefined));
    if (signal.aborted) fail();
  });
}

async function reasonOfRefusal({ url, sessionUrl, signal, globals }: OpenOptions): Promise<AppError> {
  const unreachable = (reason: string) => new AppError("controller-unreachable", { url, reason });
  const limit = new AbortController();
  const abort = () => limit.abort();
  const timer = setTimeout(abort, OPEN_TIMEOUT_MS);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const response = await globals.fetch(sessionUrl, { credentials: "same-origin", signal: limit.signal });
    if (response.ok) return unreachable("the WebSocket could not be opened");
    return parseErrorPayload(await response.text()) ?? unreachable(`HTTP ${response.status}`);
  } catch {
    return unreachable("it does not answer");
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
