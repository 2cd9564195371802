import type { CollectionChange } from "@switchyard/protocol";
import { Observable } from "./observable.js";

/** A replica of one of the controller's collections. */
export class CollectionStore<T> {
  /** Undefined until the first answer came, so that "none" and "not yet" look different. */
  readonly items = new Observable<ReadonlyMap<string, T> | undefined>(undefined);
  private revisions = new Map<string, number>();
  revision = 0;

  /** A whole snapshot: what is not in it is gone. */
  replace(changes: readonly CollectionChange[]): void {
    this.revisions = new Map();
    this.items.set(new Map());
    this.apply(changes);
  }

  /** Changes may come twice or late; only what is newer than what is known counts. */
  apply(changes: readonly CollectionChange[]): void {
    const items = new Map(this.items.current);
    for (const { id, revision, value } of changes) {
      if ((this.revisions.get(id) ?? 0) >= revision) continue;
      this.revisions.set(id, revision);
      this.revision = Math.max(this.revision, revision);
      if (value === null) items.delete(id);
      else items.set(id, value as T);
    }
    this.items.set(items);
  }
}
