import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AppError } from "@switchyard/protocol";
import { WebSocket } from "ws";
import { parseErrorPayload } from "../error-payload.js";
import type { Transport } from "../transport.js";
import { WsTransport } from "./ws-transport.js";

/** From the first packet to the upgraded socket. */
const OPEN_TIMEOUT_MS = 5000;
const MAX_REFUSAL_BYTES = 64 * 1024;

interface OpenOptions {
  url: string;
  headers: Record<string, string>;
  maxPayload: number;
  signal: AbortSignal;
}

/** Throws the AppError the server refused with, or `controller-unreachable`. */
export function openWebSocket({ url, headers, maxPayload, signal }: OpenOptions): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const unreachable = (reason: string) => new AppError("controller-unreachable", { url, reason });
    if (signal.aborted) {
      reject(new AppError("cancelled"));
      return;
    }
    const socket = new WebSocket(toWebSocketUrl(url), {
      headers,
      maxPayload,
      perMessageDeflate: false,
      handshakeTimeout: OPEN_TIMEOUT_MS,
    });
    let stream: Duplex | undefined;
    const abort = () => socket.terminate();
    const settled = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort, { once: true });
    socket.on("upgrade", (response: IncomingMessage) => {
      stream = response.socket;
    });
    socket.on("unexpected-response", (request, response: IncomingMessage) => {
      settled();
      void refusalOf(response, unreachable).then((refusal) => {
        request.destroy();
        reject(refusal);
      });
    });
    socket.on("error", (error: Error & { code?: string }) => {
      settled();
      reject(unreachable(error.message || error.code || "no connection"));
    });
    socket.on("open", () => {
      settled();
      if (stream) resolve(new WsTransport(socket, stream));
      else reject(unreachable("no socket"));
    });
  });
}

function toWebSocketUrl(url: string): string {
  return url.replace(/^http/, "ws");
}

async function refusalOf(
  response: IncomingMessage,
  unreachable: (reason: string) => AppError,
): Promise<AppError> {
  const status = `HTTP ${response.statusCode ?? 0}`;
  try {
    return parseErrorPayload(await readText(response)) ?? unreachable(status);
  } catch (error) {
    return unreachable(`${status}, ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => response.destroy(new Error("the answer did not end")), OPEN_TIMEOUT_MS);
  try {
    let text = "";
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > MAX_REFUSAL_BYTES) break;
    }
    return text;
  } finally {
    clearTimeout(timer);
  }
}
