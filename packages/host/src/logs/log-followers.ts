import type { LogLine } from "@switchyard/protocol";
import type { LogBuffer } from "./log-buffer.js";

const BATCH_LINES = 200;
const BATCH_MS = 50;
/** Text of one batch, well below the largest frame. */
const BATCH_CHARACTERS = 512 * 1024;

interface Follower {
  lines: LogLine[];
  characters: number;
  skipped: number;
  timer: NodeJS.Timeout | undefined;
  stop: () => void;
}

export interface LogFollowersOptions {
  /** False: lines are left out and counted. */
  isWritable(): boolean;
  send(control: string, batch: { lines: LogLine[]; skipped: number }): void;
}

/** The controls that follow one instance's log. Each holds at most one batch here. */
export class LogFollowers {
  readonly #followers = new Map<string, Follower>();

  constructor(
    private readonly log: LogBuffer,
    private readonly options: LogFollowersOptions,
  ) {}

  get size(): number {
    return this.#followers.size;
  }

  /** Following again starts over. Lines come from the next one on. */
  follow(control: string): void {
    this.unfollow(control);
    const follower: Follower = {
      lines: [],
      characters: 0,
      skipped: 0,
      timer: undefined,
      stop: () => undefined,
    };
    follower.stop = this.log.onLine((line) => this.#add(control, follower, line));
    this.#followers.set(control, follower);
  }

  unfollow(control: string): void {
    const follower = this.#followers.get(control);
    if (!follower) return;
    this.#followers.delete(control);
    clearTimeout(follower.timer);
    follower.stop();
  }

  clear(): void {
    for (const control of [...this.#followers.keys()]) this.unfollow(control);
  }

  #add(control: string, follower: Follower, line: LogLine): void {
    follower.lines.push(line);
    follower.characters += line.text.length;
    if (follower.lines.length >= BATCH_LINES || follower.characters >= BATCH_CHARACTERS) {
      this.#flush(control, follower);
    } else {
      follower.timer ??= setTimeout(() => this.#flush(control, follower), BATCH_MS);
    }
  }

  #flush(control: string, follower: Follower): void {
    clearTimeout(follower.timer);
    follower.timer = undefined;
    const lines = follower.lines;
    follower.lines = [];
    follower.characters = 0;
    if (!this.options.isWritable()) {
      follower.skipped += lines.length;
      return;
    }
    const { skipped } = follower;
    follower.skipped = 0;
    this.options.send(control, { lines, skipped });
  }
}
