import {
  AppError,
  unknownStatus,
  type CollectionChange,
  type Instance,
  type InstanceSpec,
  type InstanceStatus,
} from "@switchyard/protocol";
import type { ControllerStore, Write } from "../store/controller-store.js";
import { audit, type Actor } from "./audit.js";
import type { Collections, CollectionSource } from "./collections.js";
import type { HostFollower, Hosts } from "./hosts.js";
import { nameKey } from "./users.js";

export interface InstanceRecord {
  readonly spec: InstanceSpec;
  /** The last that its host said, kept while the host is away. */
  readonly status: InstanceStatus;
  readonly revision: number;
}

export interface InstancesOptions {
  store: ControllerStore;
  collections: Collections;
  hosts: Hosts;
}

/** The instances, kept in memory as they are in the store. People write the spec, the host writes the status. */
export class Instances implements CollectionSource, HostFollower {
  private readonly records = new Map<string, InstanceRecord>();

  constructor(private readonly options: InstancesOptions) {}

  async load(): Promise<void> {
    for (const row of await this.options.store.db.selectFrom("instances").selectAll().execute()) {
      this.records.set(row.id, {
        spec: JSON.parse(row.spec) as InstanceSpec,
        status: JSON.parse(row.status) as InstanceStatus,
        revision: row.revision,
      });
    }
  }

  find(id: string): InstanceRecord | undefined {
    return this.records.get(id);
  }

  /** Throws `instance-not-found`. */
  require(id: string): InstanceRecord {
    const record = this.records.get(id);
    if (!record) throw new AppError("instance-not-found", { instance: id });
    return record;
  }

  hostOf(id: string): string | undefined {
    return this.records.get(id)?.spec.hostId;
  }

  ofHost(hostId: string): InstanceRecord[] {
    return [...this.records.values()].filter(({ spec }) => spec.hostId === hostId);
  }

  list(): Instance[] {
    return [...this.records.values()].map((record) => this.show(record));
  }

  /** The uploads that an instance begins with, by their SHA-256. */
  firstSaveBlobs(): Set<string> {
    const hashes = new Set<string>();
    for (const { spec } of this.records.values()) if (spec.firstSave) hashes.add(spec.firstSave.blob.sha256);
    return hashes;
  }

  /** What people see: while the host is away the state is not known. */
  show({ spec, status }: InstanceRecord): Instance {
    const host = this.options.hosts.find(spec.hostId);
    if (host?.connected) return { id: spec.id, spec, status };
    return {
      id: spec.id,
      spec,
      status: { ...status, state: "unknown", sinceMs: host?.lastSeenAtMs ?? status.sinceMs, players: [] },
    };
  }

  *all(): Iterable<CollectionChange> {
    for (const record of this.records.values()) yield this.toChange(record);
  }

  get(id: string): CollectionChange | undefined {
    const record = this.records.get(id);
    return record && this.toChange(record);
  }

  /** Throws `name-taken`. */
  async create(spec: InstanceSpec, actor: Actor): Promise<void> {
    const { store, collections } = this.options;
    await store.write(
      async (write) => {
        if ([...this.records.values()].some((other) => nameKey(other.spec.name) === nameKey(spec.name))) {
          throw new AppError("name-taken", { name: spec.name, what: "instance" });
        }
        const status = unknownStatus("stopped", Date.now());
        const revision = await collections.nextRevision(write, "instances");
        await write
          .insertInto("instances")
          .values({
            id: spec.id,
            name_key: nameKey(spec.name),
            host_id: spec.hostId,
            spec: JSON.stringify(spec),
            status: JSON.stringify(status),
            revision,
          })
          .execute();
        await audit(write, actor, {
          action: "instance.create",
          target: `instance/${spec.id}`,
          after: spec,
          outcome: "done",
        });
        return { spec, status, revision };
      },
      (record) => this.keep(record),
    );
  }

  /** Whether its host shall start it by itself: what people last asked for. Answers the spec as it is then. */
  async setAutoStart(id: string, autoStart: boolean, action: string, actor: Actor): Promise<InstanceSpec> {
    const { spec } = await this.change(id, async (record, write) => {
      const before = record.spec;
      const outcome = "done";
      await audit(write, actor, {
        action,
        target: `instance/${id}`,
        before: { autoStart: before.autoStart },
        after: { autoStart },
        outcome,
      });
      return before.autoStart === autoStart ? record : { ...record, spec: { ...before, autoStart } };
    });
    return spec;
  }

  /** From its host only. Nothing when it is as it was, or the instance is gone. */
  async setStatus(id: string, status: InstanceStatus): Promise<void> {
    if (!this.records.has(id)) return;
    await this.change(id, (record) =>
      Promise.resolve(
        JSON.stringify(record.status) === JSON.stringify(status) ? record : { ...record, status },
      ),
    );
  }

  /** From the answer to a command, which may have been overtaken by what the host said later. */
  async setStatusIfNewer(id: string, status: InstanceStatus): Promise<void> {
    if (status.sinceMs > (this.records.get(id)?.status.sinceMs ?? Infinity)) await this.setStatus(id, status);
  }

  /** Forgets it. Nothing when it is gone already. */
  async remove(id: string, actor: Actor): Promise<void> {
    const { store, collections } = this.options;
    await store.write(
      async (write) => {
        const record = this.records.get(id);
        if (!record) return undefined;
        await write.deleteFrom("instances").where("id", "=", id).execute();
        await audit(write, actor, {
          action: "instance.delete",
          target: `instance/${id}`,
          before: record.spec,
          outcome: "done",
        });
        return collections.bury(write, "instances", id);
      },
      (tombstone) => {
        if (!tombstone) return;
        this.records.delete(id);
        collections.buried("instances", tombstone);
      },
    );
  }

  /** All instances of a host that came or went are shown in another way now. */
  async hostTurned(write: Write, hostId: string): Promise<() => void> {
    const turned = this.ofHost(hostId);
    if (turned.length === 0) return () => undefined;
    const revision = await this.options.collections.nextRevision(write, "instances");
    await write.updateTable("instances").set({ revision }).where("host_id", "=", hostId).execute();
    return () => {
      for (const record of turned) this.records.set(record.spec.id, { ...record, revision });
      const ids = turned.map((record) => record.spec.id);
      this.options.collections.changed("instances", ids, revision);
    };
  }

  /** `change` sees the record as all writes before this one have left it. Throws `instance-not-found`. */
  private change(
    id: string,
    change: (record: InstanceRecord, write: Write) => Promise<InstanceRecord>,
  ): Promise<InstanceRecord> {
    return this.options.store.write(
      async (write) => {
        const before = this.require(id);
        const after = await change(before, write);
        if (after === before) return before;
        const revision = await this.options.collections.nextRevision(write, "instances");
        await write
          .updateTable("instances")
          .set({ spec: JSON.stringify(after.spec), status: JSON.stringify(after.status), revision })
          .where("id", "=", id)
          .execute();
        return { ...after, revision };
      },
      (record) => {
        if (this.records.get(id)?.revision !== record.revision) this.keep(record);
      },
    );
  }

  private keep(record: InstanceRecord): void {
    this.records.set(record.spec.id, record);
    this.options.collections.changed("instances", [record.spec.id], record.revision);
  }

  private toChange(record: InstanceRecord): CollectionChange {
    return { id: record.spec.id, revision: record.revision, value: this.show(record) };
  }
}
