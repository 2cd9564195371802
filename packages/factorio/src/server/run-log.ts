import { FailureCollector } from "../lines/failures.js";
import type { ServerLine } from "../lines/server-line.js";

const MAX_LINES = 50;
const MAX_LINE_LENGTH = 500;

/** What a run said last and why it failed, kept within bounds and without the RCON password. */
export class RunLog {
  readonly #failures = new FailureCollector();
  readonly #secret: string;
  #lastLines: string[] = [];

  constructor(secret: string) {
    this.#secret = secret;
  }

  push(line: ServerLine): void {
    this.#failures.push(line);
    this.#lastLines.push(this.#clean(line.raw).slice(0, MAX_LINE_LENGTH));
    if (this.#lastLines.length > MAX_LINES) this.#lastLines.shift();
  }

  get lastLines(): string[] {
    return [...this.#lastLines];
  }

  get failure(): FailureCollector["result"] {
    const failure = this.#failures.result;
    return failure && { ...failure, text: this.#clean(failure.text) };
  }

  #clean(text: string): string {
    return this.#secret === "" ? text : text.replaceAll(this.#secret, "<private>");
  }
}
