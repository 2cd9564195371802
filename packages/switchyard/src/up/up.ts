import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connectControl, type ControlConnection, type OutputStream } from "@switchyard/ctl";
import {
  AppError,
  CreateSignInLink,
  ListHosts,
  ListInstances,
  type Host,
  type Instance,
} from "@switchyard/protocol";
import { VERSION } from "../version.js";
import { Children } from "./children.js";
import { ADMIN, firstToken, keepContext, knownToken } from "./credentials.js";
import { DataDirectory, type HostPlace } from "./data-directory.js";
import { checkFactorio, checkSave, prepareController, prepareHost, prepareSimulator } from "./configs.js";
import { checkPortIsFree } from "./free-port.js";
import { createMissingInstances, startInstances, untilSettled } from "./instances.js";
import type { UpOptions } from "./options.js";
import { findBundledParts, type BundledParts } from "./places.js";
import type { Progress } from "./progress.js";
import { describeReady, renderReady, type Hints } from "./ready.js";
import { listenForStop } from "./stop-signals.js";

const DEFAULT_HOSTS = 2;
const DEFAULT_INSTANCES = 2;
/** Processes of a killed start save their games before they end. */
const LEFT_OVER_PATIENCE_MS = 120_000;

export interface UpEnvironment {
  stdout: OutputStream;
  progress: Progress;
  workingDirectory: string;
  hints: Hints;
}

/** Runs a cluster until it is asked to stop; answers the exit code. */
export async function up(options: UpOptions, environment: UpEnvironment): Promise<number> {
  const { progress } = environment;
  const data = new DataDirectory(resolve(environment.workingDirectory, options.dataDir));
  const children = new Children(data, options.verbose, (words) =>
    progress.say(progress.colours.yellow(words)),
  );
  const signals = listenForStop(() => {
    progress.say("Ending everything at once; what was not saved is lost");
    children.kill();
    process.exit(130);
  });
  try {
    const lock = await data.take();
    try {
      const run = new Run(options, environment, { data, children, asked: signals.asked });
      return await run.toTheEnd();
    } finally {
      lock.release();
    }
  } finally {
    signals.dispose();
  }
}

interface RunParts {
  data: DataDirectory;
  children: Children;
  asked: AbortSignal;
}

/** One life of `up`: start, wait, stop. */
class Run {
  readonly #progress: Progress;
  readonly #data: DataDirectory;
  readonly #children: Children;
  readonly #asked: AbortSignal;
  #connection: ControlConnection | undefined;

  constructor(
    private readonly options: UpOptions,
    private readonly environment: UpEnvironment,
    parts: RunParts,
  ) {
    this.#progress = environment.progress;
    this.#data = parts.data;
    this.#children = parts.children;
    this.#asked = parts.asked;
  }

  async toTheEnd(): Promise<number> {
    try {
      await this.#start();
      await this.#untilAsked();
    } catch (error) {
      if (!this.#asked.aborted) throw error;
      // Asked to stop while starting: what failed then failed because of it.
    } finally {
      await this.#stop();
    }
    return 0;
  }

  async #start(): Promise<void> {
    const { port, bind, factorio } = this.options;
    await this.#waitForLeftOver();
    await checkPortIsFree(port, bind);
    const isFirstStart = !(await this.#data.isSetUp());
    const parts = findBundledParts();
    const factorioDirectory = factorio && resolve(this.environment.workingDirectory, factorio);
    if (factorioDirectory) await checkFactorio(factorioDirectory);
    if (this.#saveFile !== undefined) await checkSave(this.#saveFile);
    this.#goOn();
    const url = await this.#startController(parts);
    const connection = await this.#connect(url);
    this.#goOn();
    await this.#startHosts(connection, { parts, factorioDirectory, isFirstStart });
    this.#goOn();
    await this.#startInstances(connection, isFirstStart);
    await this.#data.markSetUp();
    await this.#report(connection, url);
  }

  async #waitForLeftOver(): Promise<void> {
    const giveUpAtMs = performance.now() + LEFT_OVER_PATIENCE_MS;
    const isLeft = async () => (await this.#data.leftOver()).length > 0;
    if (!(await isLeft())) return;
    await this.#progress.step(
      "Waiting for what a killed start left running",
      "The earlier start has ended",
      async () => {
        while (await isLeft()) {
          const [pid = 0] = await this.#data.leftOver();
          if (performance.now() > giveUpAtMs)
            throw new AppError("already-running", { directory: this.#data.path, pid });
          await delay(100, undefined, { signal: this.#asked });
        }
      },
    );
  }

  #startController(parts: BundledParts): Promise<string> {
    return this.#progress.step(
      "Starting the controller",
      (url) => `The controller serves at ${url}`,
      async () => {
        await prepareController(this.#data, parts, this.options);
        if ((await knownToken(this.#data)) === undefined) await firstToken(this.#data);
        const { port, bind } = this.options;
        const url = await this.#children.startController(this.#data.controllerConfig);
        // A controller that is started again must come back at the address that everybody knows.
        if (port === 0) {
          const actual = Number(new URL(url).port);
          await prepareController(this.#data, parts, { bind, port: actual });
        }
        return url;
      },
    );
  }

  async #connect(url: string): Promise<ControlConnection> {
    const token = await knownToken(this.#data);
    if (token === undefined) throw new AppError("token-unknown");
    this.#connection = await connectControl({ url, token, version: VERSION, connectTimeoutMs: 15_000 });
    const warning = await keepContext(this.#data, { url, token, dataDirectory: this.#data.path });
    if (warning !== undefined) this.#progress.say(this.#progress.colours.yellow(warning));
    return this.#connection;
  }

  async #startHosts(
    connection: ControlConnection,
    about: { parts: BundledParts; factorioDirectory: string | undefined; isFirstStart: boolean },
  ): Promise<void> {
    const known = await this.#data.hosts();
    const wanted = this.options.hosts ?? (about.isFirstStart ? DEFAULT_HOSTS : 0);
    const places: HostPlace[] = [...known];
    for (let at = 1; places.length < wanted; at += 1) {
      if (!known.some(({ name }) => name === `host-${at}`)) places.push(this.#data.host(`host-${at}`));
    }
    if (places.length === 0) return;
    const simulator = await prepareSimulator(this.#data);
    await this.#progress.step(
      `Starting ${places.length} hosts`,
      `${places.length === 1 ? "1 host is" : `${places.length} hosts are`} connected`,
      async () => {
        for (const [at, place] of places.entries()) {
          await mkdir(place.directory, { recursive: true, mode: 0o700 });
          await prepareHost({ ...about, place, at, connection, simulator });
        }
        await Promise.all(places.map((place) => this.#children.startHost(place)));
      },
    );
  }

  async #startInstances(connection: ControlConnection, isFirstStart: boolean): Promise<void> {
    const { instances: existing } = await connection.request(ListInstances, {});
    const count = this.options.empty ? 0 : (this.options.instances ?? (isFirstStart ? DEFAULT_INSTANCES : 0));
    if (existing.length === 0 && count === 0) return;
    await this.#progress.step("Starting the instances", describeInstances, () =>
      this.#bringUp(connection, count),
    );
  }

  async #bringUp(connection: ControlConnection, count: number): Promise<Instance[]> {
    const save = this.#saveFile;
    const hosts = (await this.#hosts(connection)).filter((host) => host.connected);
    const created = await createMissingInstances({ connection, hosts, count, save, signal: this.#asked });
    await Promise.race([startInstances(connection, created), this.#rejectWhenAsked()]);
    return untilSettled(connection, this.#asked, () => undefined);
  }

  async #report(connection: ControlConnection, url: string): Promise<void> {
    const [{ url: signInUrl }, hosts, { instances }] = await Promise.all([
      connection.request(CreateSignInLink, { user: ADMIN }),
      this.#hosts(connection),
      connection.request(ListInstances, {}),
    ]);
    const { data, children } = { data: this.#data, children: this.#children };
    const hostPids = children.hostPids();
    const facts = { url, signInUrl, data, hosts, hostPids, instances, controllerPid: children.controllerPid };
    const report = await describeReady(facts);
    if (this.options.json) this.environment.stdout.write(`${JSON.stringify(report)}\n`);
    else this.#progress.say(renderReady(report, this.environment.hints, this.#progress.colours));
  }

  async #hosts(connection: ControlConnection): Promise<Host[]> {
    return (await connection.request(ListHosts, {})).hosts;
  }

  get #saveFile(): string | undefined {
    return this.options.save && resolve(this.environment.workingDirectory, this.options.save);
  }

  #untilAsked(): Promise<void> {
    if (this.#asked.aborted) return Promise.resolve();
    return new Promise((done) => this.#asked.addEventListener("abort", () => done(), { once: true }));
  }

  #rejectWhenAsked(): Promise<never> {
    return this.#untilAsked().then(() => Promise.reject(new AppError("cancelled")));
  }

  #goOn(): void {
    if (this.#asked.aborted) throw new AppError("cancelled");
  }

  async #stop(): Promise<void> {
    const wasRunning = this.#children.controllerPid !== undefined;
    await this.#connection?.close();
    if (!wasRunning) return this.#children.stop();
    if (this.#asked.aborted)
      this.#progress.say("Stopping the cluster; Ctrl-C once more ends everything at once, without saving");
    await this.#progress.step(
      "Saving and stopping the instances",
      "All instances are saved and stopped",
      () => this.#children.stopHosts(),
    );
    await this.#progress.step("Stopping the controller", "The controller has stopped", () =>
      this.#children.stop(),
    );
  }
}

function describeInstances(instances: readonly Instance[]): string {
  const running = instances.filter(({ status }) => status.state === "running").length;
  return `${running} of ${instances.length} instances ${running === 1 ? "is" : "are"} running`;
}
