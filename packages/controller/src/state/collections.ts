import type {
  AddressText,
  CollectionChange,
  CollectionName,
  ResultOf,
  WatchCollection,
} from "@switchyard/protocol";
import { lastNumber, nextNumber, type ControllerStore, type Write } from "../store/controller-store.js";

/** Where a collection's entities are, as people see them. */
export interface CollectionSource {
  all(): Iterable<CollectionChange>;
  get(id: string): CollectionChange | undefined;
}

/** A session of somebody who watches. */
export interface Watcher {
  readonly writable: boolean;
  whenWritable(): Promise<void>;
  send(collection: CollectionName, changes: CollectionChange[]): void;
}

export interface CollectionsOptions {
  store: ControllerStore;
  /** Undefined when that peer is gone. */
  watcherAt(address: AddressText): Watcher | undefined;
  /** Changes within this time go out together. */
  batchMs?: number;
}

interface Tombstone {
  id: string;
  revision: number;
}

const NAMES = ["hosts", "instances"] as const satisfies readonly CollectionName[];
const KEPT_TOMBSTONES = 1000;
const BATCH_CHANGES = 500;
const BATCH_CHARACTERS = 1_000_000;
const SNAPSHOT_CHANGES = 2000;

/**
 * What hosts and instances there are, replicated to those who watch. Each collection counts its changes in the store, so
 * that a watcher can go on where it was, also after the controller was started anew. What waits for a slow watcher is
 * the ids that changed, never their values, so it cannot grow beyond the collection.
 */
export class Collections {
  private readonly sources = new Map<CollectionName, CollectionSource>();
  private readonly revisions = new Map<CollectionName, number>();
  private readonly tombstones = new Map<CollectionName, Tombstone[]>();
  private readonly watched = new Map<AddressText, Map<CollectionName, Set<string>>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: CollectionsOptions) {}

  /** Once for each collection, before anybody watches. */
  addSource(collection: CollectionName, source: CollectionSource): void {
    this.sources.set(collection, source);
  }

  async load(): Promise<void> {
    const { db } = this.options.store;
    for (const name of NAMES) {
      this.revisions.set(name, await lastNumber(db, `revision:${name}`));
      const tombstones = await db
        .selectFrom("tombstones")
        .select(["id", "revision"])
        .where("collection", "=", name)
        .orderBy("revision")
        .execute();
      this.tombstones.set(name, tombstones);
    }
  }

  /** The revision that a change in this transaction gets. */
  nextRevision(write: Write, collection: CollectionName): Promise<number> {
    return nextNumber(write, `revision:${collection}`);
  }

  /** Keeps that an entity is gone, for those who were away. */
  async bury(write: Write, collection: CollectionName, id: string): Promise<Tombstone> {
    const revision = await this.nextRevision(write, collection);
    await write.insertInto("tombstones").values({ collection, id, revision }).execute();
    const kept = this.tombstones.get(collection) ?? [];
    const last = kept[kept.length - KEPT_TOMBSTONES];
    if (last) {
      await write
        .deleteFrom("tombstones")
        .where("collection", "=", collection)
        .where("revision", "<=", last.revision)
        .execute();
    }
    return { id, revision };
  }

  /** To be called when the change is in the store and in the source. */
  changed(collection: CollectionName, ids: Iterable<string>, revision: number): void {
    this.revisions.set(collection, Math.max(this.revisions.get(collection) ?? 0, revision));
    const changed = [...ids];
    for (const [, watched] of this.watched) {
      const pending = watched.get(collection);
      if (pending) for (const id of changed) pending.add(id);
    }
    if (this.watched.size > 0) this.schedule();
  }

  /** As `changed`, for an entity that was buried. */
  buried(collection: CollectionName, tombstone: Tombstone): void {
    const kept = [...(this.tombstones.get(collection) ?? []), tombstone].slice(-KEPT_TOMBSTONES);
    this.tombstones.set(collection, kept);
    this.changed(collection, [tombstone.id], tombstone.revision);
  }

  watch(address: AddressText, collection: CollectionName, since: number): ResultOf<typeof WatchCollection> {
    const watched = this.watched.get(address) ?? new Map<CollectionName, Set<string>>();
    this.watched.set(address, watched);
    const pending = new Set<string>();
    watched.set(collection, pending);
    const answer = this.changesSince(collection, since);
    const left = answer.changes.splice(SNAPSHOT_CHANGES);
    for (const change of left) pending.add(change.id);
    if (left.length > 0) this.schedule();
    return {
      ...answer,
      revision: left.length > 0 ? (answer.changes.at(-1)?.revision ?? 0) : answer.revision,
    };
  }

  unwatch(address: AddressText, collection: CollectionName): void {
    this.watched.get(address)?.delete(collection);
  }

  /** The watcher is gone. */
  drop(address: AddressText): void {
    this.watched.delete(address);
  }

  close(): void {
    clearTimeout(this.timer);
    this.watched.clear();
  }

  private changesSince(collection: CollectionName, since: number) {
    const revision = this.revisions.get(collection) ?? 0;
    const tombstones = this.tombstones.get(collection) ?? [];
    const forgotten = tombstones.length < KEPT_TOMBSTONES ? 0 : (tombstones[0]?.revision ?? 0);
    // A revision of the future comes from a store that was put back to an older copy.
    const complete = since === 0 || since > revision || since < forgotten;
    const changes = [...(this.sources.get(collection)?.all() ?? [])].filter(
      (change) => complete || change.revision > since,
    );
    if (!complete) {
      for (const { id, revision: at } of tombstones) {
        if (at > since) changes.push({ id, revision: at, value: null });
      }
    }
    changes.sort((a, b) => a.revision - b.revision);
    return { changes, revision, complete };
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      for (const address of this.watched.keys()) this.flush(address);
    }, this.options.batchMs ?? 20);
  }

  private flush(address: AddressText): void {
    const watcher = this.options.watcherAt(address);
    if (!watcher) return this.drop(address);
    const pending = [...(this.watched.get(address) ?? [])].filter(([, ids]) => ids.size > 0);
    if (pending.length === 0) return;
    if (!watcher.writable) {
      // Rejects when the session is lost, and then the watcher is dropped by its end.
      watcher.whenWritable().then(
        () => this.schedule(),
        () => undefined,
      );
      return;
    }
    for (const [collection, ids] of pending) {
      const changes = [...ids]
        .map((id) => this.current(collection, id))
        .filter((change) => change !== undefined);
      ids.clear();
      for (const batch of inBatches(changes)) watcher.send(collection, batch);
    }
  }

  private current(collection: CollectionName, id: string): CollectionChange | undefined {
    const change = this.sources.get(collection)?.get(id);
    if (change) return change;
    const tombstone = this.tombstones.get(collection)?.findLast((entry) => entry.id === id);
    return tombstone && { ...tombstone, value: null };
  }
}

/** In the order of their revisions, and small enough for one frame each. */
function* inBatches(changes: CollectionChange[]): Iterable<CollectionChange[]> {
  let batch: CollectionChange[] = [];
  let characters = 0;
  for (const change of changes.sort((a, b) => a.revision - b.revision)) {
    const length = JSON.stringify(change).length;
    if (batch.length > 0 && (batch.length >= BATCH_CHANGES || characters + length > BATCH_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(change);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}
