import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connectControl, type ControlConnection } from "@switchyard/ctl";
import { AppError, instanceAddress, SendRcon } from "@switchyard/protocol";
import { installSimulator } from "@switchyard/simulator";
import { SplitCluster, temporaryDirectory } from "@switchyard/test-kit";
import { installStandIn } from "../bench/stand-in-install.js";
import { injectFault, type Target } from "./faults.js";
import { seededRandom } from "./random.js";
import { highestNumber, tallyStream, type Tally } from "./tally.js";

export interface ChaosOptions {
  target: Target;
  faults: number;
  seed: number;
  /** Messages a second of each instance; every 20th goes through a file. */
  rate: number;
  onFault?(number: number, name: string): void;
}

export interface ChaosResult {
  target: Target;
  faults: Record<string, number>;
  seed: number;
  seconds: number;
  instances: (Tally & { name: string; isAlive: boolean })[];
  /** From the start of an agent's process until all its servers take commands, in order of size. */
  adoptionsMs: number[];
  rpc: { answered: number; refused: Record<string, number> };
}

const NAMES = ["alpha", "beta"];
const STREAM = "chaos:numbers";
const FILE_EVERY = 20;
const ECHO_EVERY_MS = 100;
const SETTLE_LIMIT_MS = 180_000;

interface Instance {
  name: string;
  id: string;
  pid: number;
}

/** A cluster of real processes under faults; counts at the controller what became of the messages of its games. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const directory = await temporaryDirectory();
  let cluster: SplitCluster | undefined;
  let control: ControlConnection | undefined;
  try {
    cluster = await SplitCluster.start({
      hosts: 1,
      plugins: [fileURLToPath(new URL("./plugin", import.meta.url))],
      factorioDirectory: await installChaosGame(directory),
      hostLogLevel: "info",
    });
    control = await connectControl({ url: cluster.url, token: cluster.token, version: "chaos" });
    return await new Chaos(options, cluster, control).run();
  } finally {
    await control?.close();
    await cluster?.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Saves are made by the simulator, since they must be real ones; what runs is the stand-in. */
async function installChaosGame(directory: string): Promise<string> {
  const simulator = installSimulator({ directory: join(directory, "simulator") });
  const standIn = fileURLToPath(new URL("./stand-in-server.mjs", import.meta.url));
  const launcher = `#!/bin/sh
for argument in "$@"; do
  if [ "$argument" = --create ]; then exec "${simulator.executable}" "$@"; fi
done
exec "${process.execPath}" "${standIn}" "$@"
`;
  await mkdir(join(directory, "game"));
  await installStandIn(join(directory, "game"), launcher);
  return join(directory, "game");
}

class Chaos {
  readonly #instances: Instance[] = [];
  readonly #ending = new AbortController();
  readonly #rpc: ChaosResult["rpc"] = { answered: 0, refused: {} };

  constructor(
    private readonly options: ChaosOptions,
    private readonly cluster: SplitCluster,
    private readonly control: ControlConnection,
  ) {}

  async run(): Promise<ChaosResult> {
    const { cluster, options } = this;
    const host = cluster.hosts[0];
    if (!host) throw new Error("The cluster has no host");
    for (const name of NAMES) {
      const folder = await cluster.createInstance(name, host.name);
      const id = (folder.split("/").at(-1) ?? "").slice(0, -name.length - 1);
      this.#instances.push({ name, id, pid: await serverPid(folder) });
    }
    const random = seededRandom(options.seed);
    const beganAt = performance.now();
    for (const { id } of this.#instances)
      await this.#command(id, `/chaos_start ${options.rate} ${FILE_EVERY}`);
    const echoes = this.#instances.map(({ id }) => this.#echo(id));
    const faults: Record<string, number> = {};
    const adoptionsMs: number[] = [];
    const context = {
      cluster,
      host,
      random,
      instances: NAMES,
      adopted: (ms: number) => adoptionsMs.push(Math.round(ms)),
    };
    for (let number = 1; number <= options.faults; number += 1) {
      await sleep(random() * 600);
      const name = await injectFault(options.target, context);
      faults[name] = (faults[name] ?? 0) + 1;
      options.onFault?.(number, name);
    }
    await sleep(500);
    this.#ending.abort();
    await Promise.all(echoes);
    const seconds = Math.round((performance.now() - beganAt) / 1000);
    return {
      ...{ target: options.target, faults, seed: options.seed, seconds, rpc: this.#rpc },
      instances: await this.#tally(),
      adoptionsMs: adoptionsMs.sort((a, b) => a - b),
    };
  }

  async #tally(): Promise<ChaosResult["instances"]> {
    const store = join(this.cluster.directory, "controller", "controller.db");
    const results: ChaosResult["instances"] = [];
    const counts: number[] = [];
    for (const { id } of this.#instances) counts.push(Number(await this.#command(id, "/chaos_stop")));
    for (const [index, { name, id, pid }] of this.#instances.entries()) {
      const sent = counts[index] ?? 0;
      await untilTaken(() => highestNumber(store, STREAM, id), sent);
      results.push({ name, ...tallyStream(store, STREAM, id, sent), isAlive: await isServer(pid) });
    }
    return results;
  }

  /** Tried until it is answered: the commands of the tests themselves must not be among the losses. */
  async #command(id: string, command: string): Promise<string> {
    for (const deadline = Date.now() + 60_000; ;) {
      try {
        const { reply } = await this.control.request(SendRcon, { command }, { to: instanceAddress(id) });
        return reply;
      } catch (error) {
        if (!(error instanceof AppError) || Date.now() > deadline) throw error;
        await sleep(200);
      }
    }
  }

  /** Commands into the game all the while: each is answered rightly or refused with a code. */
  async #echo(id: string): Promise<void> {
    for (let number = 0; !this.#ending.signal.aborted; number += 1) {
      try {
        const command = `/chaos_echo ${number}`;
        const { reply } = await this.control.request(
          SendRcon,
          { command },
          { to: instanceAddress(id), timeoutMs: 10_000 },
        );
        if (reply !== String(number)) throw new Error(`Asked for ${number}, got ${reply}`);
        this.#rpc.answered += 1;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        this.#rpc.refused[error.code] = (this.#rpc.refused[error.code] ?? 0) + 1;
      }
      await sleep(ECHO_EVERY_MS);
    }
  }
}

async function serverPid(folder: string): Promise<number> {
  const [run = ""] = await readdir(join(folder, "runs"));
  const record = JSON.parse(await readFile(join(folder, "runs", run, "run.json"), "utf8")) as {
    process: { pid: number };
  };
  return record.process.pid;
}

async function isServer(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return text.includes("--start-server");
}

async function untilTaken(highest: () => number, sent: number): Promise<void> {
  for (const deadline = Date.now() + SETTLE_LIMIT_MS; Date.now() < deadline && highest() < sent;)
    await sleep(100);
  // What comes twice comes late.
  await sleep(500);
}
