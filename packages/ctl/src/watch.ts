import {
  CollectionChanged,
  WatchCollection,
  type CollectionName,
  type Host,
  type Instance,
} from "@switchyard/protocol";
import type { ControlConnection } from "./connection.js";

interface Entities {
  hosts: Host;
  instances: Instance;
}

/** Called for each entity that is new or changed, and with `undefined` for one that is gone. */
export type OnChange<T> = (id: string, value: T | undefined) => void;

/**
 * A copy of one of the cluster's collections that stays up to date, also after the link was cut or the controller
 * was restarted. Each change is told once.
 */
export class WatchedCollection<N extends CollectionName> {
  readonly entities = new Map<string, Entities[N]>();
  readonly #revisions = new Map<string, number>();
  #revision = 0;
  /** Watching anew while an answer is on its way would apply the two in the wrong order. */
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: ControlConnection,
    private readonly name: N,
    private readonly onChange: OnChange<Entities[N]>,
    private readonly onError: (error: unknown) => void,
  ) {
    connection.on(CollectionChanged, ({ collection, changes }) => {
      if (collection !== name) return;
      for (const { id, revision, value } of changes) this.#apply(id, revision, value);
    });
    connection.onReconnected(() => void this.#watchInTurn().catch(onError));
  }

  /** Resolves when the first snapshot is here. */
  start(): Promise<void> {
    return this.#watchInTurn();
  }

  #watchInTurn(): Promise<void> {
    const next = this.#queue.then(() => this.#watch());
    this.#queue = next.catch(() => undefined);
    return next;
  }

  async #watch(): Promise<void> {
    const answer = await this.connection.request(WatchCollection, {
      collection: this.name,
      sinceRevision: this.#revision,
    });
    if (answer.complete) {
      const present = new Set(answer.changes.map((change) => change.id));
      // A store that was restored from a backup counts from a lower number again.
      if (answer.revision < this.#revision) this.#revisions.clear();
      for (const id of [...this.entities.keys()]) if (!present.has(id)) this.#remove(id);
      this.#revision = answer.revision;
    }
    for (const { id, revision, value } of answer.changes) this.#apply(id, revision, value);
  }

  #apply(id: string, revision: number, value: unknown): void {
    if (revision <= (this.#revisions.get(id) ?? 0)) return;
    this.#revision = Math.max(this.#revision, revision);
    if (value === null) {
      this.#remove(id);
      return;
    }
    this.#revisions.set(id, revision);
    this.entities.set(id, value as Entities[N]);
    this.onChange(id, value as Entities[N]);
  }

  #remove(id: string): void {
    this.#revisions.delete(id);
    if (this.entities.delete(id)) this.onChange(id, undefined);
  }
}
