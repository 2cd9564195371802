import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { LogSource, Personality } from "./personality.js";

export type LogLevel = "Info" | "Warning" | "Error" | "Verbose" | "Script";

export interface ServerLogOptions {
  personality: Personality;
  /** stdout. Must take text in order; the game never writes to stderr. */
  write: (text: string) => void;
  /** Milliseconds of `performance.now()` at process start. */
  startedAtMs: number;
}

/**
 * All output of the game: engine lines with `%8.3f` seconds, dated console lines and bare lines (facts §3.1).
 * Engine lines also go to factorio-current.log, dated ones also to the console log.
 */
export class ServerLog {
  private currentLog: number | undefined;
  private consoleLog: number | undefined;
  private readonly datedListeners = new Set<(line: string) => void>();

  constructor(private readonly options: ServerLogOptions) {}

  openCurrentLog(writeData: string, rotate: boolean): void {
    mkdirSync(writeData, { recursive: true });
    const current = join(writeData, "factorio-current.log");
    if (rotate && existsSync(current)) renameSync(current, join(writeData, "factorio-previous.log"));
    this.currentLog = openSync(current, rotate ? "w" : "a");
  }

  openConsoleLog(path: string): void {
    this.consoleLog = openSync(path, "a");
  }

  close(): void {
    for (const file of [this.currentLog, this.consoleLog]) if (file !== undefined) closeSync(file);
    this.currentLog = undefined;
    this.consoleLog = undefined;
  }

  /** Shape C: seconds and text. */
  engine(text: string): void {
    const line = `${this.seconds()} ${text}\n`;
    this.options.write(line);
    this.toCurrentLog(line);
  }

  /** Shape B with the version's own source name. */
  log(level: LogLevel, source: LogSource, text: string): void {
    this.engine(`${level} ${this.options.personality.source(source)}: ${text}`);
  }

  info(source: LogSource, text: string): void {
    this.log("Info", source, text);
  }

  error(source: LogSource, text: string): void {
    this.log("Error", source, text);
  }

  /** What Lua's `log()` writes; `position` like `@__level__/control.lua:7`. */
  script(position: string, text: string): void {
    this.engine(`Script ${position}: ${text}`);
  }

  /** Shape D: text as it is; Lua's `print` and answers to commands typed on stdin. */
  bare(text: string): void {
    this.options.write(`${text}\n`);
  }

  /** Shape A: `2026-08-02 02:16:35 [CHAT] <server>: hello`. */
  action(tag: string, text: string): void {
    this.dated(`[${tag}] ${text}`);
  }

  /** Shape A': a dated line, local time as in the game. */
  dated(text: string): void {
    const line = `${dateText(new Date())} ${text}`;
    this.options.write(`${line}\n`);
    if (this.consoleLog !== undefined) writeSync(this.consoleLog, `${line}\n`);
    for (const listener of this.datedListeners) listener(line);
  }

  onDated(listener: (line: string) => void): () => void {
    this.datedListeners.add(listener);
    return () => this.datedListeners.delete(listener);
  }

  private seconds(): string {
    return ((performance.now() - this.options.startedAtMs) / 1000).toFixed(3).padStart(8);
  }

  private toCurrentLog(line: string): void {
    if (this.currentLog === undefined) return;
    try {
      writeSync(this.currentLog, line);
    } catch {
      // A full disk must not end the game; the line is on stdout all the same.
      this.currentLog = undefined;
    }
  }
}

export function dateText(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
