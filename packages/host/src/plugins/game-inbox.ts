const MAX_HELD = 1000;
/** Log lines do not wait for slow handlers, messages do. */
const MAX_QUEUED = 10_000;

/**
 * What a game says before the plugin sides have started is held, in order, and handed over when they have. Afterwards
 * each item is handled before the next, and whoever brings one waits, so a slow handler slows the reader.
 */
export class GameInbox<Item> {
  #held: Item[] = [];
  #isOpen = false;
  #last: Promise<void> = Promise.resolve();
  #queued = 0;

  constructor(
    private readonly handle: (item: Item) => Promise<void>,
    private readonly onOverflow: (item: Item) => void,
  ) {}

  /** Resolves when the item was handled, or at once while it is only held. `handle` must not reject. */
  add(item: Item): Promise<void> {
    if (this.#isOpen) return this.#enqueue(item);
    // Waiting here would stop the reading of the very lines that say that the server is up.
    if (this.#held.length < MAX_HELD) this.#held.push(item);
    else this.onOverflow(item);
    return Promise.resolve();
  }

  open(): void {
    this.#isOpen = true;
    const held = this.#held;
    this.#held = [];
    for (const item of held) void this.#enqueue(item);
  }

  /** Resolves when everything brought so far was handled. */
  drained(): Promise<void> {
    return this.#last;
  }

  #enqueue(item: Item): Promise<void> {
    if (this.#queued >= MAX_QUEUED) {
      this.onOverflow(item);
      return this.#last;
    }
    this.#queued += 1;
    this.#last = this.#last.then(() => this.handle(item)).finally(() => (this.#queued -= 1));
    return this.#last;
  }
}
