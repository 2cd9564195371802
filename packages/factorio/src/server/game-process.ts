import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { FactorioInstall } from "../install/factorio-install.js";
import { LineSplitter } from "../ipc/line-splitter.js";

export interface LaunchOptions {
  install: FactorioInstall;
  arguments: readonly string[];
  directory: string;
  environment?: Record<string, string>;
}

export interface GameProcessOptions extends LaunchOptions {
  maxLineBytes?: number;
  /** `bytes` is the line's length as it came. */
  onLine(line: string, bytes: number): void;
  onOversized(bytes: number): void;
  /** Asked between chunks: while its promise is pending nothing is read and, once its pipe is full, the game waits too. */
  waitUntilReady(): Promise<void> | undefined;
}

export interface ProcessExit {
  code: number | null;
  signal: string | null;
  /** It was no child of this process, so that the system told nobody how it ended. */
  isUnknown: boolean;
}

/** After the exit, output that stands still for so long is given up: a fork or a stuck handler may hold the pipe. */
const OUTPUT_GRACE_MS = 5000;
/** A game that prints without end gives the rest of the program a turn after so many bytes (a few milliseconds of work). */
const TURN_BYTES = 512 * 1024;

/**
 * One run of the game's executable. It gets a process group of its own, so that Ctrl-C in our terminal reaches only us and
 * the stop is ours to order. Its stdin stays open: the game logs an error when it ends.
 */
export class GameProcess {
  /** Resolves when the process is gone and its output has been read. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly pid: number;
  readonly #child: ChildProcess;
  #lines = 0;
  #isGone = false;

  private constructor(child: ChildProcess, options: GameProcessOptions) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    const output = [child.stdout, child.stderr].filter((stream) => stream !== null);
    this.exited = this.#end(Promise.all(output.map((stream) => this.#read(stream, options))));
  }

  /** Rejects with the system's error when the executable cannot be run. */
  static async spawn(options: GameProcessOptions): Promise<GameProcess> {
    const { file, first } = runnable(options.install.executable);
    const child = spawn(file, [...first, ...options.arguments], {
      cwd: options.directory,
      env: gameEnvironment(options.environment),
      stdio: ["pipe", "pipe", "pipe"],
      // On Windows "detached" would open a console window; there the group is left through windowsHide's own console.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    child.stdin.on("error", () => undefined); // EPIPE, when the game is already gone
    await once(child, "spawn");
    child.on("error", () => undefined); // a signal that could not be sent; the exit is what counts
    return new GameProcess(child, options);
  }

  /** To the game alone, not to a fork that is writing a save. Not for Windows: there every signal is a kill. */
  signal(signal: "SIGINT" | "SIGTERM"): void {
    if (!this.#isGone) this.#child.kill(signal);
  }

  /** At once, with everything it started. Nothing is saved. */
  kill(): void {
    if (this.#isGone) return;
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-this.pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL"); // the group is gone, or never was
    }
  }

  /** Resolves when the stream is read to its end, broke or was given up: what came before counts. */
  #read(stream: Readable, options: GameProcessOptions): Promise<void> {
    const splitter = new LineSplitter({
      ...(options.maxLineBytes === undefined ? {} : { maxLineBytes: options.maxLineBytes }),
      onLine: (line, _at, bytes) => {
        this.#lines += 1;
        options.onLine(line, bytes);
      },
      onOversized: (bytes) => options.onOversized(bytes),
    });
    let turnBytes = 0;
    stream.on("data", (chunk: Buffer) => {
      try {
        splitter.push(chunk);
      } catch (error) {
        stream.destroy(error instanceof Error ? error : undefined); // a bug of ours: as a broken pipe, not as a dead host
        return;
      }
      turnBytes += chunk.length;
      const pending = options.waitUntilReady() ?? (turnBytes >= TURN_BYTES ? nextTurn() : undefined);
      if (!pending) return;
      turnBytes = 0;
      stream.pause();
      void pending.then(() => stream.resume());
    });
    stream.on("error", () => undefined); // "close" follows
    return new Promise((resolve) => {
      stream.once("close", () => {
        splitter.end();
        resolve();
      });
    });
  }

  async #end(output: Promise<unknown>): Promise<ProcessExit> {
    const exit = await new Promise<ProcessExit>((resolve) => {
      this.#child.once("exit", (code, signal) => resolve({ code, signal, isUnknown: false }));
    });
    this.#isGone = true;
    this.#child.stdin?.destroy();
    await untilStill(output, () => this.#lines, OUTPUT_GRACE_MS);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    return exit;
  }
}

/** True when the promise settled in time. The timer never keeps the process alive longer than that. */
export async function withinMs(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** True when the promise settled; false when nothing moved for so long. */
export async function untilStill(
  promise: Promise<unknown>,
  progress: () => number,
  ms: number,
): Promise<boolean> {
  for (let before = NaN; before !== progress();) {
    before = progress();
    if (await withinMs(promise, ms)) return true;
  }
  return false;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Scripts stand for the binary in tests, and in the simulator where the system has no `#!`. */
export function runnable(executable: string): { file: string; first: string[] } {
  if (/\.[cm]?js$/.test(executable)) return { file: process.execPath, first: [executable] };
  if (/\.cmd$/i.test(executable)) return { file: "cmd.exe", first: ["/d", "/c", executable] };
  return { file: executable, first: [] };
}

/** Ours without what is meant for us alone; SteamAppId keeps a Steam build from handing itself over to Steam. */
export function gameEnvironment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => name !== "NODE_OPTIONS" && !name.startsWith("SWITCHYARD_"),
  );
  return { ...Object.fromEntries(own), SteamAppId: "427520", ...more };
}
