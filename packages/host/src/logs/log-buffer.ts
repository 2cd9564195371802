import type { ServerLine } from "@switchyard/factorio";
import type { LogLine } from "@switchyard/protocol";

const MAX_LINES = 2000;
const MAX_BYTES = 1024 * 1024;
/** Longer texts are cut; the whole line is in the game's own log file. */
const MAX_TEXT_LENGTH = 8192;

/** The newest lines of one instance: at most 2000 and about 1 MiB. */
export class LogBuffer {
  readonly #lines: LogLine[] = [];
  #bytes = 0;
  #number = 0;
  readonly #listeners = new Set<(line: LogLine) => void>();

  /** Keeps a line and shows it to the listeners. */
  add(line: Omit<LogLine, "number" | "atMs">): void {
    this.#number += 1;
    const text =
      line.text.length > MAX_TEXT_LENGTH ? `${line.text.slice(0, MAX_TEXT_LENGTH)}… (cut)` : line.text;
    const kept: LogLine = {
      number: this.#number,
      atMs: Date.now(),
      origin: line.origin,
      level: line.level,
      text,
    };
    this.#lines.push(kept);
    this.#bytes += cost(kept);
    while (this.#lines.length > MAX_LINES || this.#bytes > MAX_BYTES) this.#dropOldest();
    for (const listener of this.#listeners) listener(kept);
  }

  addServerLine(line: ServerLine): void {
    switch (line.shape) {
      case "action":
        return this.add({ origin: "server", level: line.action, text: line.text });
      case "log":
        return this.add({ origin: "server", level: line.level, text: `${line.source}: ${line.text}` });
      case "dated":
      case "engine":
      case "bare":
        return this.add({ origin: "server", level: "", text: line.text });
    }
  }

  /** What the host itself says of the instance. */
  say(level: "Info" | "Warning" | "Error", text: string): void {
    this.add({ origin: "switchyard", level, text });
  }

  /** The newest lines, oldest first. */
  tail(count: number): LogLine[] {
    return count === 0 ? [] : this.#lines.slice(-count);
  }

  onLine(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #dropOldest(): void {
    const dropped = this.#lines.shift();
    if (dropped) this.#bytes -= cost(dropped);
  }
}

function cost(line: LogLine): number {
  return line.text.length + 64;
}
