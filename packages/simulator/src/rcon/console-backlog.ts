import type { ServerLog } from "../server/server-log.js";

const MAX_LINES = 10_000;

/** Console lines since the last request with id 0, which is answered with all of them first (facts §4.4). */
export class ConsoleBacklog {
  private lines: string[] = [];
  readonly dispose: () => void;

  constructor(log: ServerLog) {
    this.dispose = log.onDated((line) => {
      this.lines.push(line);
      if (this.lines.length > MAX_LINES) this.lines.shift();
    });
  }

  drain(): string {
    const lines = this.lines;
    this.lines = [];
    return lines.map((line) => `${line}\n`).join("");
  }
}
