import type { Delivery } from "@switchyard/factorio";
import type { EntryOrigin } from "./stream-publisher.js";

/**
 * Room for what one line makes a plugin publish to one stream. The next line begins at least 10 bytes later, so positions never
 * meet below ten times as many; and offsets up to 2 TiB stay exact numbers.
 */
const ENTRIES_PER_BYTE = 4096;
const MAX_ENTRIES = 10 * ENTRIES_PER_BYTE;

/** Numbers what is published for one line of a journal, by where the line is and by the order of the calls. */
export class LineEntries {
  readonly #counts = new Map<string, number>();

  constructor(private readonly delivery: Delivery) {}

  /** Throws when one line publishes tens of thousands of entries, which is a runaway. */
  next(stream: string): EntryOrigin {
    const { epoch, at } = this.delivery;
    const index = this.#counts.get(stream) ?? 0;
    if (index >= MAX_ENTRIES)
      throw new RangeError(`One line may not publish more than ${MAX_ENTRIES} entries`);
    this.#counts.set(stream, index + 1);
    return { epoch, position: at * ENTRIES_PER_BYTE + index + 1, hold: () => this.delivery.hold() };
  }
}
