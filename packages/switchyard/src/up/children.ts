import { join } from "node:path";
import { AppError } from "@switchyard/protocol";
import type { DataDirectory, HostPlace } from "./data-directory.js";
import { SupervisedChild } from "./supervised-child.js";
import type { ChildRole } from "./child-messages.js";

/** All programs of a cluster that `up` runs. */
export class Children {
  #controller: SupervisedChild | undefined;
  readonly #hosts: SupervisedChild[] = [];

  constructor(
    private readonly data: DataDirectory,
    private readonly verbose: boolean,
    private readonly onRestart: (words: string) => void,
  ) {}

  get controllerPid(): number | undefined {
    return this.#controller?.pid;
  }

  hostPids(): Map<string, number | undefined> {
    return new Map(this.#hosts.map((host) => [host.name, host.pid]));
  }

  /** Answers the address it listens on. */
  async startController(configFile: string): Promise<string> {
    this.#controller = this.#child("controller", "controller", configFile);
    const url = await this.#start(this.#controller);
    if (url === undefined)
      throw new AppError("internal", { reason: "the controller did not tell its address" });
    return url;
  }

  /** Resolves when the controller knows it. */
  async startHost(place: HostPlace): Promise<void> {
    const host = this.#child("host", place.name, place.configFile);
    this.#hosts.push(host);
    await this.#start(host);
  }

  async stopHosts(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.stop()));
  }

  async stop(): Promise<void> {
    await this.stopHosts();
    await this.#controller?.stop();
    await this.data.rememberProcesses([]);
  }

  kill(): void {
    for (const child of this.#all()) child.kill();
  }

  async #start(child: SupervisedChild): Promise<string | undefined> {
    const started = child.start();
    await this.#remember();
    return started;
  }

  #child(role: ChildRole, name: string, configFile: string): SupervisedChild {
    return new SupervisedChild({
      role,
      name,
      configFile,
      outputFile: join(this.data.logs, `${name}-output.log`),
      verbose: this.verbose,
      onRestart: this.onRestart,
      onStarted: () => void this.#remember().catch(() => undefined), // costs the next start its patience, no more
    });
  }

  #remember(): Promise<void> {
    return this.data.rememberProcesses(this.#all().flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
  }

  #all(): SupervisedChild[] {
    return [...(this.#controller ? [this.#controller] : []), ...this.#hosts];
  }
}
