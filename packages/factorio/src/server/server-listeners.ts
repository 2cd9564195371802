import type { ServerEvents } from "./server-types.js";

type Listener<K extends keyof ServerEvents> = (value: ServerEvents[K]) => void | Promise<void>;

/** Who listens to a server. A listener that fails is reported and hurts nobody else. */
export class ServerListeners {
  readonly #byEvent: { [K in keyof ServerEvents]: Set<Listener<K>> } = {
    state: new Set(),
    line: new Set(),
    event: new Set(),
    ipc: new Set(),
    deadLetter: new Set(),
    exit: new Set(),
  };

  constructor(private readonly report: (text: string) => void) {}

  on<K extends keyof ServerEvents>(event: K, listener: Listener<K>): () => void {
    this.#byEvent[event].add(listener);
    return () => void this.#byEvent[event].delete(listener);
  }

  /** Does not wait for listeners that are asynchronous. */
  emit<K extends keyof ServerEvents>(event: K, value: ServerEvents[K]): void {
    void this.emitAndWait(event, value); // never rejects
  }

  /** Resolves when every listener is done. Each is called at once, in the order of on(). */
  async emitAndWait<K extends keyof ServerEvents>(event: K, value: ServerEvents[K]): Promise<void> {
    await Promise.all([...this.#byEvent[event]].map((listener) => this.#call(event, listener, value)));
  }

  async #call<K extends keyof ServerEvents>(
    event: K,
    listener: Listener<K>,
    value: ServerEvents[K],
  ): Promise<void> {
    try {
      await listener(value);
    } catch (error) {
      this.report(
        `a listener of the server's "${event}" failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
}
