import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** The controller as a program, run from its sources. */
export class ControllerProcess {
  private stdout = "";
  private stderr = "";
  readonly exited: Promise<Finished>;

  private constructor(readonly child: ChildProcess) {
    child.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.exited = once(child, "close").then(([code]) => ({
      code: code as number | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  static run(...args: string[]): ControllerProcess {
    const node = ["--conditions=@switchyard/source", "--import=tsx", MAIN, ...args];
    return new ControllerProcess(
      spawn(process.execPath, node, {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, NODE_OPTIONS: "" },
      }),
    );
  }

  /** Its address. Rejects with what it wrote when it ends before. */
  async ready(): Promise<string> {
    while (!this.stdout.includes("\n")) {
      const ended = await Promise.race([this.exited, once(this.child.stdout ?? this.child, "data")]);
      if (!Array.isArray(ended)) throw new Error(`The controller ended: ${ended.stderr}`);
    }
    return (JSON.parse(this.stdout.split("\n")[0] ?? "") as { url: string }).url;
  }

  async end(signal: NodeJS.Signals): Promise<Finished> {
    this.child.kill(signal);
    return this.exited;
  }
}
