import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export interface ProgramExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  cwd?: string;
  environment?: Record<string, string>;
  /** Written to the program's stdin, which is then closed. */
  input?: string;
}

const MAX_KEPT_LINES = 5000;

/** A real process in a test: its lines, its end. Whoever starts one must see to it that it ends. */
export class Program {
  readonly exited: Promise<ProgramExit>;
  private readonly lines: { stream: "stdout" | "stderr"; text: string }[] = [];
  private readonly watchers = new Set<() => void>();
  private exit: ProgramExit | undefined;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of ["stdout", "stderr"] as const) {
      const source = child[stream];
      if (source) createInterface({ input: source }).on("line", (text) => this.keep(stream, text));
    }
    this.exited = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        this.exit = { code, signal };
        this.wake();
        resolve(this.exit);
      });
    });
  }

  static start(command: string, args: readonly string[], options: ProgramOptions = {}): Program {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    return new Program(child);
  }

  /** Runs a Node program, as the same Node that runs the test. */
  static node(file: string, args: readonly string[], options: ProgramOptions = {}): Program {
    return Program.start(process.execPath, [file, ...args], options);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error("The program did not start");
    return this.child.pid;
  }

  output(stream?: "stdout" | "stderr"): string {
    return this.lines
      .filter((line) => stream === undefined || line.stream === stream)
      .map((line) => line.text)
      .join("\n");
  }

  /** The first line, of all so far and to come, that the function gives something for. */
  async waitForLine<T>(find: (text: string) => T | undefined, timeoutMs: number): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (let next = 0; ;) {
      for (; next < this.lines.length; next += 1) {
        const found = find(this.lines[next]?.text ?? "");
        if (found !== undefined) return found;
      }
      if (this.exit) throw new Error(`The program ended (${JSON.stringify(this.exit)}):\n${this.output()}`);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`Nothing fitting came within ${timeoutMs} ms:\n${this.output()}`);
      await this.nextChange(left);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it and waits; SIGKILL when it is not gone after `limitMs`. */
  async end(signal: NodeJS.Signals = "SIGINT", limitMs = 30_000): Promise<ProgramExit> {
    if (this.exit) return this.exit;
    this.kill(signal);
    const timer = setTimeout(() => this.kill("SIGKILL"), limitMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  private keep(stream: "stdout" | "stderr", text: string): void {
    if (this.lines.length < MAX_KEPT_LINES) this.lines.push({ stream, text });
    this.wake();
  }

  private nextChange(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.watchers.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, limitMs);
      this.watchers.add(finish);
    });
  }

  private wake(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}
