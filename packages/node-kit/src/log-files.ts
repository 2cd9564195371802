import { mkdirSync } from "node:fs";
import { join } from "node:path";
import winston from "winston";
import DailyRotateFile from "winston-daily-rotate-file";
import { explainSystemError } from "./system-errors.js";

/** Its types leave the class out. */
const { Transport } = winston as unknown as {
  Transport: new (options: winston.transport.TransportStreamOptions) => winston.transport;
};

const TRY_AGAIN_AFTER_MS = 30_000;
const FLUSH_LIMIT_MS = 2000;
const SAY_AGAIN_AFTER_MS = 60_000;

/**
 * One JSON file a day: 14 are kept, of at most 20 MB each. A file that cannot be written (a full disk) must not end the
 * program that wanted to log: it is said on stderr, records are left out, and it is tried again after a while.
 */
export class LogFiles extends Transport {
  #file: DailyRotateFile | undefined;
  #retry: NodeJS.Timeout | undefined;
  #saidAtMs = -Infinity;

  /** Throws `no-permission`, `disk-full`. */
  constructor(
    private readonly directory: string,
    private readonly program: string,
  ) {
    super({ format: winston.format.json() });
    try {
      mkdirSync(directory, { recursive: true });
    } catch (error) {
      throw explainSystemError(error, { path: directory });
    }
    this.#open();
  }

  override log(info: unknown, next: () => void): void {
    try {
      this.#file?.log?.(info, () => undefined);
    } catch (error) {
      this.#fail(error as Error);
    }
    next();
  }

  /** Resolves when everything written so far is in the file, or cannot be. */
  async flush(): Promise<void> {
    clearTimeout(this.#retry);
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FLUSH_LIMIT_MS);
      file.on("finish", resolve);
      streamOf(file).on("error", () => resolve());
      file.close?.();
    });
    clearTimeout(timer);
  }

  #open(): void {
    const { directory, program } = this;
    try {
      const file = new DailyRotateFile({
        filename: join(directory, `${program}-%DATE%.log`),
        auditFile: join(directory, `.${program}-audit.json`),
        datePattern: "YYYY-MM-DD",
        utc: true,
        maxFiles: 14,
        maxSize: "20m",
      });
      streamOf(file).on("error", (error) => this.#fail(error, file));
      this.#file = file;
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error, file = this.#file): void {
    if (this.#file === file) this.#file = undefined;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), TRY_AGAIN_AFTER_MS);
    this.#retry.unref();
    const now = performance.now();
    if (now - this.#saidAtMs < SAY_AGAIN_AFTER_MS) return;
    this.#saidAtMs = now;
    process.stderr.write(`${this.program}: the log cannot be written: ${error.message}\n`);
  }
}

/** What it writes to reports its errors here only, and would end the process if nobody listened. */
function streamOf(file: DailyRotateFile): NodeJS.EventEmitter {
  return (file as unknown as { logStream: NodeJS.EventEmitter }).logStream;
}
