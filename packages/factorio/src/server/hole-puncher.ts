import { execFile } from "node:child_process";

const BLOCK = 4096;
const DEFAULT_EVERY_BYTES = 32 * 1024 * 1024;
/** What is kept before the offset. */
export const KEPT_BYTES = 64 * 1024;

export interface HolePuncherOptions {
  path: string;
  /** So much is given back at a time; default 32 MiB. */
  everyBytes?: number;
  /** The journal keeps growing then, until the server is started anew. */
  onUnable(reason: string): void;
}

/**
 * Gives the disk space of what was consumed back while the game goes on writing at the end: the file keeps its length, its
 * beginning turns into a hole. Node has no such call, the system's `fallocate` program does it.
 */
export class HolePuncher {
  readonly #options: HolePuncherOptions;
  readonly #everyBytes: number;
  #punched = 0;
  #isAble = true;
  #running: Promise<void> | undefined;

  constructor(options: HolePuncherOptions) {
    this.#options = options;
    this.#everyBytes = options.everyBytes ?? DEFAULT_EVERY_BYTES;
  }

  advance(consumed: number): void {
    const end = Math.floor((consumed - KEPT_BYTES) / BLOCK) * BLOCK;
    if (!this.#isAble || this.#running || end - this.#punched < this.#everyBytes) return;
    this.#running = this.#punch(end).finally(() => (this.#running = undefined));
  }

  /** Resolves when no program runs. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #punch(end: number): Promise<void> {
    const length = end - this.#punched;
    const given = ["--punch-hole", "--offset", String(this.#punched), "--length", String(length)];
    const failure = await new Promise<Error | null>((resolve) => {
      execFile("fallocate", [...given, this.#options.path], { timeout: 60_000 }, resolve);
    });
    if (!failure) this.#punched = end;
    else {
      this.#isAble = false;
      this.#options.onUnable(failure.message.trim().replaceAll("\n", ": "));
    }
  }
}
