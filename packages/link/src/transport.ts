/**
 * One connection that carries texts in order, as a WebSocket does. A session outlives many of them.
 * Listeners are set once, right after the transport was made; texts that come before the first are kept.
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
  onMessage(listener: (text: string) => void): void;
  /** Called once, also after `close` and `terminate`. */
  onClose(listener: (code: number, reason: string) => void): void;
  /** Called when what was buffered has left. */
  onDrain?(listener: () => void): void;
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
  #early: string[] = [];
  #message: ((text: string) => void) | undefined;
  #close: ((code: number, reason: string) => void) | undefined;
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

  onMessage(listener: (text: string) => void): void {
    this.#message = listener;
    const early = this.#early;
    this.#early = [];
    for (const text of early) listener(text);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#close = listener;
  }

  #receive(text: string): void {
    if (this.#closed) return;
    if (this.#message) this.#message(text);
    else this.#early.push(text);
  }

  #end(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#close?.(code, reason);
  }
}
