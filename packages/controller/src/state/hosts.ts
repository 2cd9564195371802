import { AppError, type CollectionChange, type Host, type HostReport } from "@switchyard/protocol";
import { createId } from "@switchyard/node-kit";
import type { Tokens } from "../auth/tokens.js";
import type { ControllerStore, Write } from "../store/controller-store.js";
import { audit, type Actor } from "./audit.js";
import type { Collections, CollectionSource } from "./collections.js";
import { nameKey } from "./users.js";

export interface HostRecord {
  readonly id: string;
  readonly name: string;
  /** Null until it registered once. */
  readonly report: HostReport | null;
  readonly connected: boolean;
  readonly lastSeenAtMs: number;
  readonly revision: number;
}

export interface NewHostToken {
  hostId: string;
  token: string;
  expiresAtMs: number | null;
}

/** What else changes in the same transaction when a host comes or goes: how its instances are shown. */
export interface HostFollower {
  hostTurned(write: Write, hostId: string): Promise<() => void>;
}

export interface HostsOptions {
  store: ControllerStore;
  tokens: Tokens;
  collections: Collections;
}

/** The hosts, kept in memory as they are in the store. */
export class Hosts implements CollectionSource {
  private readonly records = new Map<string, HostRecord>();

  constructor(private readonly options: HostsOptions) {}

  /** After a kill the store still says that hosts are connected; they are not, and watchers have to hear of it. */
  async load(follower: HostFollower): Promise<void> {
    const { store } = this.options;
    for (const row of await store.db.selectFrom("hosts").selectAll().execute()) {
      this.records.set(row.id, {
        id: row.id,
        name: row.name,
        report: row.report === null ? null : (JSON.parse(row.report) as HostReport),
        connected: row.connected === 1,
        lastSeenAtMs: row.last_seen_at_ms,
        revision: row.revision,
      });
    }
    for (const host of this.connected()) await this.setAway(host.id, follower);
  }

  find(id: string): HostRecord | undefined {
    return this.records.get(id);
  }

  /** Throws `host-not-found`. */
  require(id: string): HostRecord {
    const host = this.records.get(id);
    if (!host) throw new AppError("host-not-found", { host: id });
    return host;
  }

  /** Throws `host-not-found`, `host-offline`. */
  requireConnected(id: string): HostRecord {
    const host = this.require(id);
    if (!host.connected) throw new AppError("host-offline", { host: host.name });
    return host;
  }

  list(): Host[] {
    return [...this.records.values()].map(shownHost);
  }

  connected(): HostRecord[] {
    return [...this.records.values()].filter((host) => host.connected);
  }

  *all(): Iterable<CollectionChange> {
    for (const host of this.records.values()) yield toChange(host);
  }

  get(id: string): CollectionChange | undefined {
    const host = this.records.get(id);
    return host && toChange(host);
  }

  /** For a new host, or one more for the host that has the name already; its other tokens stay good. */
  async createToken(name: string, expiresInMs: number | undefined, actor: Actor): Promise<NewHostToken> {
    const expiresAtMs = expiresInMs === undefined ? null : Date.now() + expiresInMs;
    const { store, tokens } = this.options;
    return store
      .write(
        async (write) => {
          const known = [...this.records.values()].find((host) => nameKey(host.name) === nameKey(name));
          const host = known ?? (await this.insert(write, name));
          const token = await tokens.create(write, {
            kind: "host",
            subjectId: host.id,
            name: actor.name,
            expiresAtMs,
          });
          await audit(write, actor, {
            action: "host.create-token",
            target: `host/${host.id}`,
            after: { name: host.name, expiresAtMs },
            outcome: "done",
          });
          return { host, token };
        },
        ({ host }) => this.keep(host),
      )
      .then(({ host, token }) => ({ hostId: host.id, token, expiresAtMs }));
  }

  setConnected(id: string, report: HostReport, follower: HostFollower): Promise<void> {
    return this.turn(id, (host) => ({ ...host, report, connected: true }), follower);
  }

  /** Its session is lost, or it was silent for too long. Nothing when it is known to be away. */
  setAway(id: string, follower: HostFollower): Promise<void> {
    return this.turn(id, (host) => (host.connected ? { ...host, connected: false } : undefined), follower);
  }

  /** The session of a host that was away for a moment goes on. */
  setBack(id: string, follower: HostFollower): Promise<void> {
    return this.turn(
      id,
      (host) => (host.report && !host.connected ? { ...host, connected: true } : undefined),
      follower,
    );
  }

  /** `change` sees the host as all writes before this one have left it; undefined changes nothing. */
  private async turn(
    id: string,
    change: (host: HostRecord) => HostRecord | undefined,
    follower: HostFollower,
  ): Promise<void> {
    const { store, collections } = this.options;
    await store.write(
      async (write) => {
        const changed = change(this.require(id));
        if (!changed) return undefined;
        const revision = await collections.nextRevision(write, "hosts");
        const turned: HostRecord = { ...changed, revision, lastSeenAtMs: Date.now() };
        await write
          .updateTable("hosts")
          .set({
            report: turned.report === null ? null : JSON.stringify(turned.report),
            connected: turned.connected ? 1 : 0,
            last_seen_at_ms: turned.lastSeenAtMs,
            revision,
          })
          .where("id", "=", id)
          .execute();
        return { turned, followed: await follower.hostTurned(write, id) };
      },
      (result) => {
        if (!result) return;
        this.keep(result.turned);
        result.followed();
      },
    );
  }

  private async insert(write: Write, name: string): Promise<HostRecord> {
    const host: HostRecord = {
      id: createId(),
      name,
      report: null,
      connected: false,
      lastSeenAtMs: 0,
      revision: await this.options.collections.nextRevision(write, "hosts"),
    };
    await write
      .insertInto("hosts")
      .values({
        id: host.id,
        name,
        name_key: nameKey(name),
        report: null,
        connected: 0,
        last_seen_at_ms: 0,
        revision: host.revision,
      })
      .execute();
    return host;
  }

  private keep(host: HostRecord): void {
    this.records.set(host.id, host);
    this.options.collections.changed("hosts", [host.id], host.revision);
  }
}

function shownHost(host: HostRecord): Host {
  return {
    id: host.id,
    name: host.name,
    connected: host.connected,
    version: host.report?.version ?? "",
    platform: host.report?.platform ?? "",
    publicAddress: host.report?.publicAddress ?? "",
    installs: host.report?.installs ?? [],
    lastSeenAtMs: host.lastSeenAtMs,
  };
}

function toChange(host: HostRecord): CollectionChange {
  return { id: host.id, revision: host.revision, value: shownHost(host) };
}
