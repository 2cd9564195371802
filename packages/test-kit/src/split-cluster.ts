import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectControl, type ControlConnection } from "@switchyard/ctl";
import { CollectionChanged, WatchCollection, type CollectionChange, type Host } from "@switchyard/protocol";
import { installSimulator } from "@switchyard/simulator";
import { FaultProxy } from "./fault-proxy.js";
import { freePort } from "./free-port.js";
import { Program } from "./program.js";
import { temporaryDirectory } from "./up-cluster.js";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const READY_LIMIT_MS = 30_000;

export interface SplitHost {
  readonly name: string;
  /** Between this host and the controller. */
  readonly proxy: FaultProxy;
  program: Program;
  /** Its config file. */
  readonly config: string;
  /** From the start of the process until the controller counts it as connected. */
  readyAfterMs: number;
}

export interface SplitClusterOptions {
  hosts: number;
  /** Plugin folders; global chat when absent. */
  plugins?: readonly string[];
  /** A Factorio directory; the simulator when absent. */
  factorioDirectory?: string;
  /** Of hosts; "warn" when absent. */
  hostLogLevel?: "warn" | "info" | "debug";
}

/**
 * A controller and hosts as a person would set them up on several machines: programs with config files and tokens of
 * their own, a proxy that can fail in each link.
 */
export class SplitCluster {
  readonly hosts: SplitHost[] = [];
  controller: Program | undefined;
  /** Of its first start, until it served. */
  controllerReadyAfterMs = 0;
  /** Of the admin. */
  token = "";
  private control: ControlConnection | undefined;

  private constructor(
    readonly directory: string,
    readonly port: number,
    private readonly options: SplitClusterOptions,
  ) {}

  static async start(options: SplitClusterOptions): Promise<SplitCluster> {
    const cluster = new SplitCluster(await temporaryDirectory(), await freePort(), options);
    try {
      await cluster.begin();
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the controller, for the first time or after it was ended; resolves with the ms until it serves. */
  async startController(): Promise<number> {
    const beganAt = performance.now();
    const program = Program.node(programFile("controller"), ["--config", this.controllerConfig]);
    this.controller = program;
    for (const deadline = beganAt + READY_LIMIT_MS; performance.now() < deadline;) {
      if (await isHealthy(this.url)) return performance.now() - beganAt;
    }
    throw new Error(`The controller does not serve:\n${program.output()}`);
  }

  /** Runs switchyardctl as the admin; rejects with all output when its exit code is not 0. */
  async ctl(...args: string[]): Promise<unknown> {
    const program = Program.node(programFile("ctl"), [...args, "--output", "json"], {
      environment: { SWITCHYARD_URL: this.url, SWITCHYARD_TOKEN: this.token },
    });
    const { code } = await program.exited;
    if (code !== 0)
      throw new Error(`switchyardctl ${args.join(" ")} ended with ${code}:\n${program.output()}`);
    return JSON.parse(program.output("stdout")) as unknown;
  }

  /** Makes and starts an instance; resolves with the folder that its server writes to. */
  async createInstance(name: string, host: string): Promise<string> {
    const created = (await this.ctl("instance", "create", name, "--host", host, "--start")) as { id: string };
    return join(this.directory, host, "instances", `${created.id}-${name}`);
  }

  /** Makes a host known to the running controller. */
  async hostToken(name: string): Promise<{ hostId: string; token: string }> {
    return (await this.ctl("host", "create-token", name)) as { hostId: string; token: string };
  }

  private async bootstrap(...args: string[]): Promise<{ hostId: string; token: string }> {
    const program = Program.node(programFile("controller"), [
      ...["bootstrap", ...args],
      ...["--config", this.controllerConfig, "--output", "json"],
    ]);
    const { code } = await program.exited;
    if (code !== 0) throw new Error(program.output());
    return JSON.parse(program.output("stdout")) as { hostId: string; token: string };
  }

  async close(): Promise<void> {
    await this.control?.close();
    await Promise.all(this.hosts.map(({ program }) => program.end("SIGINT")));
    await this.controller?.end("SIGINT");
    await Promise.all(this.hosts.map(({ proxy }) => proxy.close()));
    await rm(this.directory, { recursive: true, force: true });
  }

  private get controllerConfig(): string {
    return join(this.directory, "controller.json");
  }

  private get plugins(): readonly string[] {
    return this.options.plugins ?? [join(REPOSITORY, "plugins", "global-chat")];
  }

  private async begin(): Promise<void> {
    await writeFile(
      this.controllerConfig,
      JSON.stringify({
        dataDirectory: join(this.directory, "controller"),
        port: this.port,
        plugins: this.plugins,
        logLevel: "warn",
      }),
    );
    this.token = (await this.bootstrap("create-user-token", "--user", "admin")).token;
    const names = Array.from({ length: this.options.hosts }, (_, index) => `host-${index + 1}`);
    const tokens: string[] = [];
    for (const name of names) tokens.push((await this.bootstrap("create-host-token", "--name", name)).token);
    this.controllerReadyAfterMs = await this.startController();
    this.control = await connectControl({ url: this.url, token: this.token, version: "test" });
    const factorio = this.options.factorioDirectory ?? join(this.directory, "factorio-sim");
    if (this.options.factorioDirectory === undefined) installSimulator({ directory: factorio });
    for (const [index, name] of names.entries()) {
      this.hosts.push(await this.startHost({ name, token: tokens[index] ?? "", factorio, index }));
    }
  }

  private async startHost(host: {
    name: string;
    token: string;
    factorio: string;
    index: number;
  }): Promise<SplitHost> {
    const proxy = new FaultProxy();
    const proxyPort = await proxy.listen({ port: this.port });
    const config = join(this.directory, `${host.name}.json`);
    const firstPort = 36_000 + host.index * 100;
    await mkdir(join(this.directory, host.name), { recursive: true });
    await writeFile(
      config,
      JSON.stringify({
        dataDirectory: join(this.directory, host.name),
        name: host.name,
        controllerUrl: `http://127.0.0.1:${proxyPort}`,
        token: host.token,
        factorioDirectories: [host.factorio],
        gamePortRange: `${firstPort}-${firstPort + 99}`,
        plugins: this.plugins,
        luaModules: [join(REPOSITORY, "lua-modules", "core")],
        logLevel: this.options.hostLogLevel ?? "warn",
      }),
      { mode: 0o600 },
    );
    const beganAt = performance.now();
    const program = Program.node(programFile("host"), ["--config", config]);
    try {
      await this.untilConnected(host.name);
    } catch (error) {
      await program.end("SIGKILL");
      throw new Error(`${host.name} does not connect:\n${program.output()}`, { cause: error });
    }
    return { name: host.name, proxy, program, config, readyAfterMs: performance.now() - beganAt };
  }

  /** Starts a host's agent again after it was ended; does not wait for anything. */
  restartHost(host: SplitHost): Program {
    host.program = Program.node(programFile("host"), ["--config", host.config]);
    return host.program;
  }

  private async untilConnected(name: string): Promise<void> {
    const { control } = this;
    if (!control) throw new Error("The controller was not started");
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("It took too long")), READY_LIMIT_MS);
      const look = (changes: readonly CollectionChange[]) => {
        if (!changes.some(({ value }) => isConnectedHost(value, name))) return;
        clearTimeout(timer);
        resolve();
      };
      control.on(CollectionChanged, ({ changes }) => look(changes));
      const everything = { collection: "hosts", sinceRevision: 0 } as const;
      control.request(WatchCollection, everything).then(({ changes }) => look(changes), reject);
    });
  }
}

function isConnectedHost(value: unknown, name: string): boolean {
  const host = value as Host | null;
  return host?.name === name && host.connected;
}

function programFile(name: "controller" | "host" | "ctl"): string {
  const folder = join(fileURLToPath(import.meta.resolve(`@switchyard/${name}/package.json`)), "..", "dist");
  return name === "ctl" ? join(folder, "bundle", "main.js") : join(folder, "main.js");
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return false;
  }
}
