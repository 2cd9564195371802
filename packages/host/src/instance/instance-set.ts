import { mkdir, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError, type InstanceSpec, type InstanceStatus } from "@switchyard/protocol";
import { createId, errorFields, explainSystemError } from "@switchyard/node-kit";
import { forEachBounded } from "../pauses.js";
import { fileTimestamp, instanceDirectoryName } from "./instance-directory.js";
import type { InstanceRecord } from "./instance-records.js";
import { InstanceRuntime } from "./instance-runtime.js";
import type { InstanceServices } from "./instance-services.js";

/** Starting is mostly disk and one core; more at once only makes all of them slow. */
const STARTS_AT_ONCE = 4;

export interface InstanceSetOptions {
  services: InstanceServices;
  instancesDirectory: string;
  deletedDirectory: string;
  /** What else keeps something for an instance forgets it. */
  onRemoved(id: string): Promise<void> | void;
  onAdded(runtime: InstanceRuntime): void;
}

/** All instances of this host. The store has them before anybody is told that they are taken. */
export class InstanceSet {
  readonly #runtimes = new Map<string, InstanceRuntime>();
  /** Those that were started, or were not to be, since the host started. */
  readonly #autoStarted = new Set<string>();
  readonly #removals = new Set<Promise<void>>();
  /** Assignments and removals one after another. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: InstanceSetOptions) {}

  /** Reads the instances of earlier agents, and takes over the servers that they left running. */
  async load(): Promise<void> {
    for (const record of await this.options.services.records.list()) this.#add(record);
    for (const runtime of this.all()) runtime.adopt();
  }

  all(): InstanceRuntime[] {
    return [...this.#runtimes.values()];
  }

  /** Throws `instance-not-found`. */
  get(id: string): InstanceRuntime {
    const runtime = this.#runtimes.get(id);
    if (!runtime) throw new AppError("instance-not-found", { instance: id });
    return runtime;
  }

  statuses(): { id: string; status: InstanceStatus }[] {
    return this.all().map(({ identity, status }) => ({ id: identity.id, status }));
  }

  /** Keeps a new or changed spec. */
  assign(spec: InstanceSpec): Promise<InstanceRuntime> {
    return this.#inTurn(() => this.#assign(spec));
  }

  /** Forgets it and moves its folder aside. Rejects with `instance-not-stopped`. Unknown ones are gone already. */
  remove(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const runtime = this.#runtimes.get(id);
      if (runtime) await this.#remove(runtime);
    });
  }

  /** Takes the controller's list: what is not in it was deleted there while this host was away. */
  async reconcile(specs: readonly InstanceSpec[]): Promise<void> {
    for (const spec of specs) await this.assign(spec);
    const wanted = new Set(specs.map((spec) => spec.id));
    const { log } = this.options.services;
    for (const runtime of this.all().filter(({ identity }) => !wanted.has(identity.id))) {
      log.warn(`The controller no longer knows the instance ${runtime.identity.name}; it is moved aside`);
      // In the background: a server takes its time to save, and the registration must not wait for it.
      const removal = runtime
        .stop()
        .then(() => this.remove(runtime.identity.id))
        .catch((error: unknown) => log.error("An instance was not moved aside", errorFields(error)))
        .finally(() => this.#removals.delete(removal));
      this.#removals.add(removal);
    }
  }

  /** Starts those that should run and were not looked at since the host started. Failures stand in their status. */
  async startAutomatic(): Promise<void> {
    const due = this.all().filter(({ identity }) => !this.#autoStarted.has(identity.id));
    for (const { identity } of due) this.#autoStarted.add(identity.id);
    await forEachBounded(
      due.filter((runtime) => runtime.spec.autoStart),
      STARTS_AT_ONCE,
      async (runtime) => {
        await runtime.start().catch((error: unknown) => {
          this.options.services.log.warn(
            `The instance ${runtime.identity.name} did not start`,
            errorFields(error),
          );
        });
      },
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#removals);
    await this.#queue;
    await Promise.all(this.all().map((runtime) => runtime.close()));
  }

  /** As `close`, but servers run on where they can; their handlers get `limitMs` to be done. */
  async leave(limitMs: number): Promise<void> {
    await Promise.all(this.#removals);
    await this.#queue;
    await Promise.all(this.all().map((runtime) => runtime.leave(limitMs)));
  }

  async #assign(spec: InstanceSpec): Promise<InstanceRuntime> {
    const { services, instancesDirectory } = this.options;
    const known = this.#runtimes.get(spec.id);
    const directory = this.#directoryFor(spec);
    await services.records.save(spec, directory);
    if (known) {
      known.assign(spec);
      return known;
    }
    try {
      await mkdir(join(instancesDirectory, directory), { recursive: true });
    } catch (error) {
      throw explainSystemError(error, { path: join(instancesDirectory, directory) });
    }
    const runtime = this.#add({ spec, directory, gamePort: null });
    // A host whose store was lost learns of its instances only here.
    runtime.adopt();
    return runtime;
  }

  /** Ids and names are joined by a character that both may hold, so two pairs can give the same folder. */
  #directoryFor(spec: InstanceSpec): string {
    const wanted = instanceDirectoryName(spec.id, spec.name);
    const isTaken = this.all().some(
      ({ identity, writeDirectory }) => identity.id !== spec.id && basename(writeDirectory) === wanted,
    );
    return isTaken ? `${wanted}-${createId()}` : wanted;
  }

  #add(record: InstanceRecord): InstanceRuntime {
    const runtime = new InstanceRuntime({
      spec: record.spec,
      stickyPort: record.gamePort,
      writeDirectory: join(this.options.instancesDirectory, record.directory),
      services: this.options.services,
    });
    this.#runtimes.set(record.spec.id, runtime);
    this.options.onAdded(runtime);
    return runtime;
  }

  async #remove(runtime: InstanceRuntime): Promise<void> {
    const { id, name } = runtime.identity;
    if (runtime.isActive) {
      throw new AppError("instance-not-stopped", { instance: name, state: runtime.status.state });
    }
    await runtime.close();
    await this.#moveAside(runtime);
    this.#runtimes.delete(id);
    this.#autoStarted.delete(id);
    await this.options.onRemoved(id);
    await this.options.services.records.remove(id);
  }

  async #moveAside({ writeDirectory, identity }: InstanceRuntime): Promise<void> {
    const target = join(
      this.options.deletedDirectory,
      `${instanceDirectoryName(identity.id, identity.name)}-${fileTimestamp(new Date())}`,
    );
    try {
      await rename(writeDirectory, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw explainSystemError(error, { path: writeDirectory });
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined); // the caller of each has its own failure
    return result;
  }
}
