const MAX_HELD = 1000;
const MAX_QUEUED = 10_000;

export interface AddOptions {
  /** Its line counts as not handled until the returned function is called. */
  hold?: (() => () => void) | undefined;
  /** Whoever brings it may be kept waiting although the inbox is not open yet. */
  mayWait?: boolean;
}

interface Held<Item> {
  item: Item;
  done: () => void;
}

/**
 * What a game says before the plugin sides have started is held, in order, and handed over when they have. Afterwards
 * each item is handled before the next, and whoever brings one waits, so a slow handler slows the reader.
 */
export class GameInbox<Item> {
  #held: Held<Item>[] = [];
  #isOpen = false;
  #last: Promise<void> = Promise.resolve();
  #queued = 0;

  constructor(
    private readonly handle: (item: Item) => Promise<void>,
    private readonly onOverflow: (item: Item) => void,
  ) {}

  /** Resolves when the item was handled, or at once while it is only held. `handle` must not reject. */
  add(item: Item, { hold, mayWait = false }: AddOptions = {}): Promise<void> {
    if (this.#isOpen) return this.#enqueue(item);
    if (this.#held.length >= MAX_HELD && mayWait) {
      return new Promise((done) => this.#held.push({ item, done }));
    }
    // Waiting could stop the reading of the very lines that say that the server is up.
    if (this.#held.length < MAX_HELD) this.#held.push({ item, done: hold?.() ?? (() => undefined) });
    else this.onOverflow(item);
    return Promise.resolve();
  }

  /** For sides that never start: what is held is handled by nobody. */
  discard(): void {
    for (const { done } of this.#held.splice(0)) done();
  }

  open(): void {
    this.#isOpen = true;
    const held = this.#held;
    this.#held = [];
    for (const { item, done } of held) void this.#enqueue(item).then(done);
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
