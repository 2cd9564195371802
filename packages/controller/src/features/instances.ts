import {
  AppError,
  AssignInstance,
  CreateInstance,
  DeleteInstance,
  EndInstance,
  hostAddress,
  InstanceStatusChanged,
  ListInstances,
  parseAddress,
  RemoveInstance,
  RunInstance,
  StartInstance,
  StopInstance,
  type InstanceSpec,
  type InstanceStatus,
  type ParamsOf,
} from "@switchyard/protocol";
import type { Dispatcher } from "@switchyard/link";
import { createId, errorFields, type Logger } from "@switchyard/node-kit";
import type { Askers } from "../link/askers.js";
import type { Actor } from "../state/audit.js";
import type { Blobs } from "../state/blobs.js";
import type { Hosts } from "../state/hosts.js";
import type { Instances } from "../state/instances.js";
import { Turns } from "./turns.js";

export interface ServeInstancesOptions {
  dispatcher: Dispatcher;
  hosts: Hosts;
  instances: Instances;
  blobs: Blobs;
  askers: Askers;
  log: Logger;
}

/** Until the server is in game, or has saved and ended. */
const RUN_TIMEOUT_MS = 15 * 60_000;
const ASSIGN_TIMEOUT_MS = 10_000;
const MAX_SETTINGS_CHARACTERS = 64_000;

export function serveInstances(options: ServeInstancesOptions): void {
  const { dispatcher, instances, askers, log } = options;
  const commands = new InstanceCommands(options);
  dispatcher.handle(ListInstances, () => ({ instances: instances.list() }));
  dispatcher.handle(CreateInstance, async (params, context) => {
    const id = await commands.create(params, askers.actor(context));
    return { instance: instances.show(instances.require(id)) };
  });
  dispatcher.handle(StartInstance, async ({ instanceId, save }, context) => ({
    status: await commands.start(instanceId, askers.actor(context), save),
  }));
  dispatcher.handle(StopInstance, async ({ instanceId }, context) => ({
    status: await commands.stop(instanceId, askers.actor(context)),
  }));
  dispatcher.handle(DeleteInstance, async ({ instanceId }, context) => {
    await commands.delete(instanceId, askers.actor(context));
    return {};
  });
  dispatcher.on(InstanceStatusChanged, async ({ status }, { source }) => {
    const address = parseAddress(source);
    if (address?.kind !== "instance") return;
    try {
      await instances.setStatus(address.id, status);
    } catch (error) {
      log.error(`The status of ${source} was not stored`, errorFields(error));
    }
  });
}

/** What people do with instances. What people want goes into the store first, then to the host. */
class InstanceCommands {
  private readonly turns = new Turns();

  constructor(private readonly options: ServeInstancesOptions) {}

  /** Rejects `no-host-available`, `host-not-found`, `name-taken`, `not-found` (the upload), `config-invalid`. */
  async create(params: ParamsOf<typeof CreateInstance>, actor: Actor): Promise<string> {
    const { hosts, instances, blobs, log } = this.options;
    const hostId = params.hostId === undefined ? this.chooseHost() : hosts.require(params.hostId).id;
    if (JSON.stringify(params.settings ?? {}).length > MAX_SETTINGS_CHARACTERS) {
      throw new AppError("config-invalid", { field: "settings", reason: "they are too long" });
    }
    if (params.save) await blobs.require(params.save.blob);
    const spec: InstanceSpec = {
      id: createId(),
      name: params.name,
      hostId,
      factorioVersion: params.factorioVersion ?? "latest",
      gamePort: params.gamePort ?? null,
      autoStart: false,
      firstSave: params.save ?? null,
      settings: params.settings ?? {},
    };
    await instances.create(spec, actor);
    if (hosts.find(hostId)?.connected) {
      try {
        await this.assign(spec);
      } catch (error) {
        log.warn(
          `Host ${hostId} did not take instance ${spec.id} now; it gets it when it registers`,
          errorFields(error),
        );
      }
    }
    return spec.id;
  }

  /** Waits for what was asked of the instance before. Goes on with the newest save when none is named. */
  start(id: string, actor: Actor, save?: string): Promise<InstanceStatus> {
    return this.turns.take(id, async () => {
      this.requireReachable(id);
      const spec = await this.options.instances.setAutoStart(id, true, StartInstance.name, actor);
      const { status } = await this.options.dispatcher.request(
        RunInstance,
        { spec, ...(save !== undefined && { save }) },
        { to: hostAddress(spec.hostId), timeoutMs: RUN_TIMEOUT_MS },
      );
      await this.options.instances.setStatusIfNewer(id, status);
      return status;
    });
  }

  /** Does not wait for a start that is under way, since it is the way to end one that takes too long. */
  stop(id: string, actor: Actor): Promise<InstanceStatus> {
    return this.turns.interrupt(id, async () => {
      this.requireReachable(id);
      const spec = await this.options.instances.setAutoStart(id, false, StopInstance.name, actor);
      const { status } = await this.options.dispatcher.request(
        EndInstance,
        { instanceId: id },
        { to: hostAddress(spec.hostId), timeoutMs: RUN_TIMEOUT_MS },
      );
      await this.options.instances.setStatusIfNewer(id, status);
      return status;
    });
  }

  delete(id: string, actor: Actor): Promise<void> {
    return this.turns.take(id, async () => {
      const { spec, status } = this.requireReachable(id);
      if (status.state !== "stopped" && status.state !== "crashed") {
        throw new AppError("instance-not-stopped", { instance: spec.name, state: status.state });
      }
      const { dispatcher, instances } = this.options;
      await dispatcher
        .request(RemoveInstance, { instanceId: id }, { to: hostAddress(spec.hostId) })
        .catch((error: unknown) => {
          // A host that does not have it has done what it should.
          if (AppError.from(error).code !== "instance-not-found") throw error;
        });
      await instances.remove(id, actor);
    });
  }

  private async assign(spec: InstanceSpec): Promise<void> {
    const { dispatcher, instances } = this.options;
    const { status } = await dispatcher.request(
      AssignInstance,
      { spec },
      { to: hostAddress(spec.hostId), timeoutMs: ASSIGN_TIMEOUT_MS },
    );
    await instances.setStatusIfNewer(spec.id, status);
  }

  private requireReachable(id: string) {
    const record = this.options.instances.require(id);
    this.options.hosts.requireConnected(record.spec.hostId);
    return record;
  }

  private chooseHost(): string {
    const { hosts, instances } = this.options;
    const counted = hosts.connected().map(({ id }) => ({ id, count: instances.ofHost(id).length }));
    counted.sort((a, b) => a.count - b.count || a.id.localeCompare(b.id));
    const [first] = counted;
    if (!first) throw new AppError("no-host-available");
    return first.id;
  }
}
