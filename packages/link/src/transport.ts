/**
 * One connection that carries texts in order, as a WebSocket does. A session outlives many of them.
 * Texts that come while nobody listens are kept for the next listener.
 */
export interface Transport {
  /** Does nothing on a closed transport. */
  send(text: string): void;
  /** Bytes handed over that did not leave the process yet. */
  readonly bufferedBytes: number;
  /** Closes after what was sent has left; a peer that does not answer is cut off by the transport itself. */
  close(code: number, reason: string): void;
  /** Cuts at once. */
  terminate(): void;
  /** One listener: a later one takes the place of the earlier, as the session does after the handshake. */
  onMessage(listener: ((text: string) => void) | undefined): void;
  /** Any number of listeners, each called once, also after `close` and `terminate`. */
  onClose(listener: (code: number, reason: string) => void): void;
  /** Called when what was buffered has left. */
  onDrain?(listener: () => void): void;
}

/**
 * The one listener of a transport, and the texts that wait for it. Few ever wait: a listener is missing only between
 * the handshake's first frame and the session's taking over, which is within the same chunk of the socket.
 */
export class MessageInbox {
  #waiting: string[] = [];
  #listener: ((text: string) => void) | undefined;

  push(text: string): void {
    if (this.#listener && this.#waiting.length === 0) this.#listener(text);
    else this.#waiting.push(text);
  }

  listen(listener: ((text: string) => void) | undefined): void {
    this.#listener = listener;
    while (this.#listener) {
      const text = this.#waiting.shift();
      if (text === undefined) return;
      this.#listener(text);
    }
  }
}

/** Two ends of one connection within the process. Texts arrive in a later microtask, as over a socket. */
export function createTransportPair(): [Transport, Transport] {
  const left = new MemoryTransport();
  const right = new MemoryTransport();
  left.other = right;
  right.other = left;
  return [left, right];
}

class MemoryTransport implements Transport {
  other!: MemoryTransport;
  readonly bufferedBytes = 0;
  readonly #inbox = new MessageInbox();
  readonly #closeListeners: ((code: number, reason: string) => void)[] = [];
  #closed = false;

  send(text: string): void {
    if (this.#closed) return;
    const other = this.other;
    queueMicrotask(() => {
      other.#receive(text);
    });
  }

  close(code: number, reason: string): void {
    if (this.#closed) return;
    const other = this.other;
    queueMicrotask(() => {
      this.#end(code, reason);
      other.#end(code, reason);
    });
  }

  terminate(): void {
    this.close(1006, "");
  }

  onMessage(listener: ((text: string) => void) | undefined): void {
    this.#inbox.listen(listener);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#closeListeners.push(listener);
  }

  #receive(text: string): void {
    if (!this.#closed) this.#inbox.push(text);
  }

  #end(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#closeListeners) listener(code, reason);
  }
}
