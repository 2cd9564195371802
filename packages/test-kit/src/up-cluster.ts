import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program } from "./program.js";

/** What `switchyard up --json` prints when the cluster is ready. */
export interface UpReady {
  url: string;
  signInUrl: string;
  dataDirectory: string;
  contextFile: string;
  controller: { pid: number; url: string };
  hosts: { id: string; name: string; pid: number }[];
  instances: {
    id: string;
    name: string;
    hostId: string;
    gamePort: number;
    state: string;
    writeDirectory: string;
  }[];
}

export interface UpClusterOptions {
  /** Kept after the test when given; else a new temporary folder that `close` removes. */
  dataDirectory?: string;
  args?: readonly string[];
  readyTimeoutMs?: number;
}

const SWITCHYARD = fileURLToPath(import.meta.resolve("switchyard/package.json"));
const CTL = fileURLToPath(import.meta.resolve("@switchyard/ctl/package.json"));

/** A whole cluster as a user starts it: `switchyard up --json`, all of it real processes. */
export class UpCluster {
  private constructor(
    readonly program: Program,
    readonly ready: UpReady,
    private readonly temporary: string | undefined,
  ) {}

  static async start(options: UpClusterOptions = {}): Promise<UpCluster> {
    const temporary = options.dataDirectory === undefined ? await temporaryDirectory() : undefined;
    const dataDirectory = options.dataDirectory ?? join(temporary ?? "", "data");
    // The person who runs the tests keeps their own contexts.
    const environment = { SWITCHYARD_CONTEXT_FILE: join(dataDirectory, "..", "test-contexts.json") };
    const args = ["up", "--json", "--data-dir", dataDirectory, "--port", "0", ...(options.args ?? [])];
    const program = Program.node(join(SWITCHYARD, "..", "dist", "main.js"), args, { environment });
    try {
      const ready = await program.waitForLine(readyLine, options.readyTimeoutMs ?? 60_000);
      return new UpCluster(program, ready, temporary);
    } catch (error) {
      await program.end("SIGKILL");
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
      throw error;
    }
  }

  /** The instance with this name; fails the test when there is none. */
  instance(name: string): UpReady["instances"][number] {
    const instance = this.ready.instances.find((candidate) => candidate.name === name);
    if (!instance) throw new Error(`No instance ${name} in ${JSON.stringify(this.ready.instances)}`);
    return instance;
  }

  /** Runs `switchyardctl` as this cluster's admin. */
  ctl(...args: string[]): Program {
    return Program.node(join(CTL, "..", "dist", "bundle", "main.js"), args, {
      environment: { SWITCHYARD_CONTEXT_FILE: this.ready.contextFile },
    });
  }

  /** As `ctl`, with `--output json`: the parsed document. Rejects with stderr when the exit code is not 0. */
  async ctlJson(...args: string[]): Promise<unknown> {
    const program = this.ctl(...args, "--output", "json");
    const { code } = await program.exited;
    if (code !== 0)
      throw new Error(`switchyardctl ${args.join(" ")} ended with ${code}:\n${program.output()}`);
    return JSON.parse(program.output("stdout")) as unknown;
  }

  async close(): Promise<void> {
    await this.program.end("SIGINT");
    if (this.temporary !== undefined) await rm(this.temporary, { recursive: true, force: true });
  }
}

export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "switchyard-test-"));
}

function readyLine(text: string): UpReady | undefined {
  return text.startsWith("{") ? (JSON.parse(text) as UpReady) : undefined;
}
