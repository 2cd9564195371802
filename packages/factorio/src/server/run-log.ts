import { ownCopy } from "../ipc/own-copy.js";
import { FailureCollector } from "../lines/failures.js";
import type { ServerLine } from "../lines/server-line.js";

const MAX_LINES = 50;
const MAX_LINE_LENGTH = 500;

/** What a run said last and why it failed, kept within bounds and without the RCON password. */
export class RunLog {
  readonly #failures = new FailureCollector();
  readonly #secret: string;
  /** A ring. */
  readonly #lines: string[] = [];
  #next = 0;

  constructor(secret: string) {
    this.#secret = secret;
  }

  push(line: ServerLine): void {
    this.#failures.push(line);
    // Cleaned before it is cut: a half of the password would not be found. Copied then, to let go of a long line.
    const text = this.#clean(line.raw);
    this.#lines[this.#next] = text.length > MAX_LINE_LENGTH ? ownCopy(text.slice(0, MAX_LINE_LENGTH)) : text;
    this.#next = (this.#next + 1) % MAX_LINES;
  }

  get lastLines(): string[] {
    return [...this.#lines.slice(this.#next), ...this.#lines.slice(0, this.#next)];
  }

  get failure(): FailureCollector["result"] {
    const failure = this.#failures.result;
    return failure && { ...failure, text: this.#clean(failure.text) };
  }

  #clean(text: string): string {
    return this.#secret === "" ? text : text.replaceAll(this.#secret, "<private>");
  }
}
