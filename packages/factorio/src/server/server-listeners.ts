import type { ServerEvents } from "./server-types.js";

type Listener<K extends keyof ServerEvents> = (value: ServerEvents[K]) => void | Promise<void>;

/** Who listens to a server. A listener that fails is reported and hurts nobody else. */
export class ServerListeners {
  /** The lists are replaced, never changed: a listener that comes or goes during an event has no effect on it. */
  readonly #byEvent: { [K in keyof ServerEvents]: readonly Listener<K>[] } = {
    state: [],
    line: [],
    event: [],
    ipc: [],
    deadLetter: [],
    warning: [],
    exit: [],
  };

  constructor(private readonly report: (text: string) => void) {}

  on<K extends keyof ServerEvents>(event: K, listener: Listener<K>): () => void {
    const others = (): readonly Listener<K>[] =>
      (this.#byEvent[event] as readonly Listener<K>[]).filter((other) => other !== listener);
    this.#set(event, [...others(), listener]);
    return () => this.#set(event, others());
  }

  /** Does not wait for listeners that are asynchronous. */
  emit<K extends keyof ServerEvents>(event: K, value: ServerEvents[K]): void {
    void this.emitAndWait(event, value); // never rejects
  }

  /**
   * Resolves when every listener is done; undefined when they are done already, which spares a stream of events its promises.
   * Each is called at once, in the order of on().
   */
  emitAndWait<K extends keyof ServerEvents>(event: K, value: ServerEvents[K]): Promise<void> | undefined {
    let all: Promise<void> | undefined;
    for (const listener of this.#byEvent[event] as readonly Listener<K>[]) {
      try {
        const result = listener(value);
        if (!result) continue;
        const settled = this.#settle(event, result);
        all = all ? all.then(() => settled) : settled;
      } catch (error) {
        this.#reportFailure(event, error);
      }
    }
    return all;
  }

  #set<K extends keyof ServerEvents>(event: K, listeners: readonly Listener<K>[]): void {
    (this.#byEvent as { [E in K]: readonly Listener<E>[] })[event] = listeners;
  }

  async #settle(event: keyof ServerEvents, result: Promise<void>): Promise<void> {
    try {
      await result;
    } catch (error) {
      this.#reportFailure(event, error);
    }
  }

  #reportFailure(event: keyof ServerEvents, error: unknown): void {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.report(`a listener of the server's "${event}" failed: ${why}`);
  }
}
