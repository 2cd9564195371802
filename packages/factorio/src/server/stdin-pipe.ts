import { execFile } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { FactorioError, fileError, systemErrorCode } from "../errors.js";

const run = promisify(execFile);

/** Node has no call for it. */
export async function makeFifo(path: string): Promise<void> {
  try {
    await run("mkfifo", ["-m", "600", path]);
  } catch (error) {
    throw fileError(error, "make", path);
  }
}

/**
 * For the game's stdin. Opened for reading and writing, so that the game itself holds a writing end: it never sees the end of
 * its input, whoever dies.
 */
export function openForGame(path: string): number {
  return openSync(path, constants.O_RDWR);
}

/** Our end of a game's stdin. */
export class StdinPipe {
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  /** What a person would type; the game answers on its output. Throws io-failed when the game does not read. */
  type(line: string): void {
    if (this.#descriptor === undefined || /[\n\r\0]/.test(line))
      throw new FactorioError("io-failed", "The server's console takes one line at a time while it runs.");
    const bytes = Buffer.from(`${line}\n`);
    // Up to this size a pipe takes all or nothing.
    if (bytes.length > 4096)
      throw new FactorioError("io-failed", "The line is too long for the server's console.");
    try {
      writeSync(this.#descriptor, bytes);
    } catch (error) {
      if (systemErrorCode(error) === "EAGAIN")
        throw new FactorioError("io-failed", "The server does not read its console.", { cause: error });
      throw fileError(error, "write to", this.#path);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
