import type { Readable } from "node:stream";
import type { Console } from "../console/console.js";
import type { Game } from "./game.js";

const MAX_LINE = 1024 * 1024;

/** Reads the operator's lines; end of file is logged and the server keeps running (facts §3.9). */
export class StdinReader {
  private rest = "";

  constructor(
    private readonly game: Game,
    private readonly console: Console,
    private readonly stream: Readable,
  ) {}

  start(): void {
    this.stream.setEncoding("utf8");
    this.stream.on("data", this.onData);
    this.stream.on("end", this.onEnd);
    this.stream.on("error", this.onEnd);
  }

  stop(): void {
    this.stream.off("data", this.onData);
    this.stream.off("end", this.onEnd);
    this.stream.pause();
  }

  private readonly onData = (chunk: string): void => {
    this.rest += chunk;
    for (let at = this.rest.indexOf("\n"); at >= 0; at = this.rest.indexOf("\n")) {
      const line = this.rest.slice(0, at).replace(/\r$/, "");
      this.rest = this.rest.slice(at + 1);
      this.accept(line);
    }
    if (this.rest.length > MAX_LINE) this.rest = "";
  };

  private readonly onEnd = (): void => {
    this.game.log.error("stdin", "Got EOF on stdin; closing");
  };

  private accept(line: string): void {
    if (line === "") return;
    const reply = (text: string): void => this.game.log.bare(text);
    const run = (): void => this.console.execute(line, { kind: "console", player: undefined, reply });
    this.game.loop.enqueue({ run, advancesTick: true });
  }
}
