import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { fileError } from "../errors.js";
import {
  gameEnvironment,
  runnable,
  untilStill,
  type LaunchOptions,
  type ProcessExit,
} from "./game-process.js";
import type { JournalTail } from "./journal-tail.js";
import { isAlive, markProcess, type ProcessMark } from "./process-table.js";
import { makeFifo, openForGame, StdinPipe } from "./stdin-pipe.js";

export interface JournaledLaunch extends LaunchOptions {
  journal: string;
  stdin: string;
}

export interface JournalReader {
  tail: JournalTail;
  /** Another number whenever a line or a chunk was done with. */
  progress(): number;
}

/** How often it is looked whether a process that is no child of ours is still there. */
const LOOK_EVERY_MS = 250;
/** After the exit, a journal that stands still for so long is left: a handler is stuck. What is unread stays on disk. */
const STANDSTILL_MS = 5000;

/**
 * The game's process, with its output in a journal file and its stdin from a FIFO, in a session of its own: neither its life nor
 * its output depend on ours.
 */
export class JournaledProcess {
  /** Resolves when the process is gone and the journal was read, as far as its readers would. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly mark: ProcessMark;
  readonly #child: ChildProcess | undefined;
  readonly #reader: JournalReader;
  #stdin: StdinPipe | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isGone = false;
  #isReading = false;
  #begin: () => void = () => undefined;
  readonly #begun = new Promise<void>((resolve) => (this.#begin = resolve));

  private constructor(parts: {
    mark: ProcessMark;
    child?: ChildProcess;
    stdin?: string;
    reader: JournalReader;
  }) {
    this.mark = parts.mark;
    this.#child = parts.child;
    this.#reader = parts.reader;
    const end = parts.child ? childEnd(parts.child) : this.#watchEnd();
    try {
      this.#stdin = parts.stdin === undefined ? undefined : new StdinPipe(parts.stdin);
    } catch {
      // The FIFO was removed: all else works without it, and type() says so.
    }
    this.exited = this.#end(end);
  }

  /** Makes journal and FIFO. Rejects with the system's error when the executable cannot be run. */
  static async spawn(options: JournaledLaunch, reader: JournalReader): Promise<JournaledProcess> {
    const { journal, stdin } = options;
    try {
      mkdirSync(dirname(journal), { recursive: true });
    } catch (error) {
      throw fileError(error, "make", dirname(journal));
    }
    await makeFifo(stdin);
    const { O_WRONLY, O_APPEND, O_CREAT } = constants;
    const output = openSync(journal, O_WRONLY | O_APPEND | O_CREAT, 0o600);
    const input = openForGame(stdin);
    try {
      const { file, first } = runnable(options.install.executable);
      const child = spawn(file, [...first, ...options.arguments], {
        cwd: options.directory,
        env: gameEnvironment(options.environment),
        stdio: [input, output, output],
        detached: true,
      });
      await once(child, "spawn");
      child.on("error", () => undefined); // a signal that could not be sent; the exit is what counts
      const pid = child.pid ?? 0;
      const mark = markProcess(pid) ?? { pid, startTime: "", bootId: "" };
      return new JournaledProcess({ mark, child, stdin, reader });
    } finally {
      closeSync(output);
      closeSync(input);
    }
  }

  /** A process that somebody else began; one that is gone is a process whose journal is still to be read. */
  static adopt(mark: ProcessMark | undefined, stdin: string, reader: JournalReader): JournaledProcess {
    const known = mark ?? { pid: 0, startTime: "", bootId: "" };
    return new JournaledProcess({ mark: known, ...(mark ? { stdin } : {}), reader });
  }

  get pid(): number {
    return this.mark.pid;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Begins to read the journal. */
  read(): void {
    this.#isReading = true;
    this.#reader.tail.start();
    this.#begin();
  }

  type(line: string): void {
    if (!this.#stdin) throw fileError(new Error("it is not open"), "write to", "the server's console");
    this.#stdin.type(line);
  }

  /** To the game alone, not to a fork that is writing a save. */
  signal(signal: "SIGINT" | "SIGTERM"): void {
    if (this.#isGone || !this.#isSame()) return;
    try {
      process.kill(this.pid, signal);
    } catch {
      // gone in this moment
    }
  }

  /** At once, with everything it started. Nothing is saved. */
  kill(): void {
    if (this.#isGone || !this.#isSame()) return;
    for (const target of [-this.pid, this.pid]) {
      try {
        process.kill(target, "SIGKILL");
        return;
      } catch {
        // the group is gone, or it never led one
      }
    }
  }

  /** Stops reading and lets go of the process, which runs on. `exited` stays pending. */
  async detach(): Promise<void> {
    clearInterval(this.#timer);
    this.#stdin?.close();
    this.#child?.removeAllListeners("exit");
    this.#child?.unref();
    await this.#reader.tail.stop();
  }

  #isSame(): boolean {
    return this.#child !== undefined || isAlive(this.mark);
  }

  #watchEnd(): Promise<ProcessExit> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (isAlive(this.mark)) return;
        clearInterval(this.#timer);
        resolve({ code: null, signal: null, isUnknown: true });
      };
      this.#timer = setInterval(look, LOOK_EVERY_MS);
      look();
    });
  }

  async #end(end: Promise<ProcessExit>): Promise<ProcessExit> {
    const exit = await end;
    this.#isGone = true;
    this.#stdin?.close();
    if (!this.#isReading) await this.#begun;
    const { tail, progress } = this.#reader;
    await untilStill(tail.finish(), progress, STANDSTILL_MS);
    await tail.stop();
    return exit;
  }
}

function childEnd(child: ChildProcess): Promise<ProcessExit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal, isUnknown: false }));
  });
}
