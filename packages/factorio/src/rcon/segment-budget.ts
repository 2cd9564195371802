/**
 * How the game cuts long commands while players are online: so many bytes travel per tick (facts §4.5). The fields are those
 * of server-settings.json: the largest size up to one number of players, the smallest from another on, a line between them.
 */
export interface SegmentSettings {
  /** Default 100. */
  maximumBytes?: number;
  /** Default 10. */
  maximumBytesPlayers?: number;
  /** Default 25. */
  minimumBytes?: number;
  /** Default 20. */
  minimumBytesPlayers?: number;
}

/** A bulk command travels so many ticks: long enough that what frames it is small, short enough to wait behind. */
const BULK_TICKS = 8;
/** No further bulk command goes out while so many ticks' worth is under way; so at most twice as much is. */
const BULK_WINDOW_TICKS = 8;
const BATCH_TICKS = 4;
/** Smaller ones would be frame for the most part. */
const MIN_BULK_BYTES = 300;
const MIN_BATCH_BYTES = 200;

/** What may be under way at once, so that a command that is urgent never waits long behind others. */
export class SegmentBudget {
  #bytesPerTick = Infinity;

  constructor(private readonly settings: SegmentSettings) {}

  /** Bytes of commands that one tick takes in; Infinity while nobody is online, since then nothing is cut. */
  get bytesPerTick(): number {
    return this.#bytesPerTick;
  }

  setPlayers(players: number): void {
    const {
      maximumBytes = 100,
      maximumBytesPlayers = 10,
      minimumBytes = 25,
      minimumBytesPlayers = 20,
    } = this.settings;
    const span = Math.max(1, minimumBytesPlayers - maximumBytesPlayers);
    const share = Math.min(1, Math.max(0, (players - maximumBytesPlayers) / span));
    const bytes = Math.max(1, maximumBytes + (minimumBytes - maximumBytes) * share);
    this.#bytesPerTick = players > 0 ? bytes : Infinity;
  }

  /** For one command of a bulk transfer. */
  get bulkBytes(): number {
    return Math.max(MIN_BULK_BYTES, Math.floor(this.#bytesPerTick * BULK_TICKS));
  }

  /** For one command with several calls. */
  get batchBytes(): number {
    return Math.max(MIN_BATCH_BYTES, Math.floor(this.#bytesPerTick * BATCH_TICKS));
  }

  mayAddBulk(bytesInFlight: number): boolean {
    return bytesInFlight < this.#bytesPerTick * BULK_WINDOW_TICKS;
  }
}
