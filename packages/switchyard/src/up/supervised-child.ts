import { fork, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { explainSystemError } from "@switchyard/node-kit";
import { AppError } from "@switchyard/protocol";
import type { ChildMessage, ChildRole, StopMessage } from "./child-messages.js";
import { descendantsOf, killQuietly } from "./process-tree.js";

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 10_000;
/** One that ran for this long was well; its next end counts as the first again. */
const WELL_AFTER_MS = 30_000;

export interface SupervisedChildOptions {
  role: ChildRole;
  /** For people: `controller`, `host-1`. */
  name: string;
  /** The program's configuration; read anew at each start. */
  configFile: string;
  /** Gets what the process itself says on stdout and stderr, which is little: mostly the stack of a crash. */
  outputFile: string;
  /** Show that output here instead. */
  verbose: boolean;
  /** It ended unasked and is started again after a pause. */
  onRestart(words: string): void;
  /** There is a new process. */
  onStarted(): void;
}

/**
 * One program in a process of its own, started again with back-off whenever it ends unasked. The process has its own
 * session, so that Ctrl-C in a terminal reaches only `up`; it ends by itself when its channel to `up` closes.
 */
export class SupervisedChild {
  #process: ChildProcess | undefined;
  #stopping = false;
  #delayMs = FIRST_DELAY_MS;
  #timer: NodeJS.Timeout | undefined;
  #exited: Promise<void> = Promise.resolve();

  constructor(private readonly options: SupervisedChildOptions) {}

  get name(): string {
    return this.options.name;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves with the address a controller serves at, when the program is ready; rejects with why it is not. */
  start(): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      let settled = false;
      this.#spawn({
        ready: (url) => {
          settled = true;
          resolve(url);
        },
        failed: (error) => {
          if (settled) return false;
          settled = true;
          reject(error);
          return true;
        },
      });
    });
  }

  /** Asks the program to end in good order and waits for it, however long that takes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#process;
    if (child?.connected) child.send({ type: "stop" } satisfies StopMessage, () => undefined);
    await this.#exited;
  }

  /** Ends it and everything it started at once. */
  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    for (const each of [pid, ...descendantsOf(pid)]) killQuietly(each);
  }

  #spawn(first?: { ready(url?: string): void; failed(error: AppError): boolean }): void {
    const startedAtMs = performance.now();
    const child = this.#fork();
    this.#process = child;
    if (!first) this.options.onStarted();
    let refusal: AppError | undefined;
    child.on("message", (message: ChildMessage) => {
      if (message.type === "ready") first?.ready(message.url);
      else refusal = AppError.fromPayload(message.error);
    });
    // A failed fork says so here and has no exit.
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#process = undefined;
        resolve();
        this.#ended({
          words: signal ?? `exit code ${code}`,
          ranMs: performance.now() - startedAtMs,
          refusal,
          first,
        });
      });
      child.once("error", (error) => {
        if (child.pid !== undefined) return;
        this.#process = undefined;
        resolve();
        first?.failed(explainSystemError(error));
      });
    });
  }

  #ended(end: {
    words: string;
    ranMs: number;
    refusal: AppError | undefined;
    first: { failed(error: AppError): boolean } | undefined;
  }): void {
    const { name, outputFile } = this.options;
    const reason = `${name} ended while it started (${end.words}); its last words are in ${outputFile}`;
    const wasFirst = end.first?.failed(end.refusal ?? new AppError("internal", { reason })) === true;
    if (wasFirst || this.#stopping) return;
    if (end.ranMs > WELL_AFTER_MS) this.#delayMs = FIRST_DELAY_MS;
    const why = end.refusal?.message ?? end.words;
    this.options.onRestart(`${name} ended (${why}); starting it again`);
    this.#timer = setTimeout(() => this.#spawn(), this.#delayMs);
    this.#delayMs = Math.min(MAX_DELAY_MS, this.#delayMs * 2);
  }

  #fork(): ChildProcess {
    const { role, configFile, outputFile, verbose } = this.options;
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const output = verbose ? 2 : openSync(outputFile, "a", 0o600);
    try {
      return fork(fileURLToPath(new URL(`./child.${extension}`, import.meta.url)), [role, configFile], {
        stdio: ["ignore", output, output, "ipc"],
        detached: process.platform !== "win32",
        env: { ...process.env, ...(verbose && { SWITCHYARD_UP_VERBOSE: "1" }) },
      });
    } finally {
      if (output !== 2) closeSync(output);
    }
  }
}
