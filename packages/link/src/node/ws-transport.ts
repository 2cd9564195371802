import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { MessageInbox, type Transport } from "../transport.js";

/** How long a peer may take to answer the closing handshake. */
const CLOSE_TIMEOUT_MS = 2000;
const TOO_LARGE_CODE = 1009;
const PROTOCOL_FAULT_CODE = 1002;

/**
 * A transport over an open WebSocket. Frames that are sent within one turn of the event loop leave in one write:
 * with many small messages the system calls are most of the cost.
 */
export class WsTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #inbox = new MessageInbox();
  readonly #closeListeners: ((code: number, reason: string) => void)[] = [];
  #corked: NodeJS.Immediate | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  #faultCode: number | undefined;

  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket;
    this.#stream = stream;
    socket.on("message", (data: RawData, isBinary: boolean) => {
      // A binary frame becomes a text that is no frame, so that the session refuses it like any other.
      this.#inbox.push(isBinary ? "" : textOf(data));
    });
    socket.on("error", (error: Error & { code?: string }) => {
      // Errors of the connection are followed by `close`; here only those of the WebSocket protocol are told apart.
      if (error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") this.#faultCode = TOO_LARGE_CODE;
      else if (error.code?.startsWith("WS_ERR_")) this.#faultCode = PROTOCOL_FAULT_CODE;
    });
    socket.on("close", (code: number, reason: Buffer) => {
      this.#uncork();
      clearTimeout(this.#closeTimer);
      for (const listener of this.#closeListeners) listener(this.#faultCode ?? code, reason.toString());
    });
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (!this.#corked) {
      this.#stream.cork();
      this.#corked = setImmediate(() => this.#uncork());
    }
    this.#socket.send(text, ignoreWriteError);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    this.#closeTimer ??= setTimeout(() => this.terminate(), CLOSE_TIMEOUT_MS);
    if (this.#socket.readyState === this.#socket.CLOSED) clearTimeout(this.#closeTimer);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  onMessage(listener: ((text: string) => void) | undefined): void {
    this.#inbox.listen(listener);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#closeListeners.push(listener);
  }

  onDrain(listener: () => void): void {
    this.#stream.on("drain", listener);
  }

  #uncork(): void {
    if (!this.#corked) return;
    clearImmediate(this.#corked);
    this.#corked = undefined;
    this.#stream.uncork();
  }
}

/** A failed write closes the socket, and the close is what the session acts on. */
function ignoreWriteError(): void {}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString();
  return Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data).toString();
}
