import { MessageInbox, type Transport } from "../transport.js";

/** The part of the browser's WebSocket that the link uses. */
export interface BrowserSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: string }) => void): void;
}

const OPEN = 1;

/** A transport over an open WebSocket of the browser. */
export class BrowserTransport implements Transport {
  readonly #socket: BrowserSocket;
  readonly #inbox = new MessageInbox();
  readonly #closeListeners: ((code: number, reason: string) => void)[] = [];
  #closed = false;

  constructor(socket: BrowserSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (!this.#closed) this.#inbox.push(typeof data === "string" ? data : "");
    });
    socket.addEventListener("close", ({ code, reason }) => this.#end(code, reason));
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    if (!this.#closed && this.#socket.readyState === OPEN) this.#socket.send(text);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** A page cannot cut a socket, and a closing handshake over a dead line takes the browser long: nobody waits for it. */
  terminate(): void {
    if (this.#closed) return;
    this.#socket.close();
    queueMicrotask(() => this.#end(1006, ""));
  }

  onMessage(listener: ((text: string) => void) | undefined): void {
    this.#inbox.listen(listener);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#closeListeners.push(listener);
  }

  #end(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#closeListeners) listener(code, reason);
  }
}
