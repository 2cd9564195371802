import { Type, type Static } from "typebox";
import { defineEvent, defineRequest } from "../define.js";
import { PeerId } from "../names.js";

/** Collections that are replicated to those who watch them. */
export const CollectionName = Type.Union([Type.Literal("hosts"), Type.Literal("instances")]);
export type CollectionName = Static<typeof CollectionName>;

/** A changed entity, or, with `value: null`, the tombstone of a deleted one. */
export const CollectionChange = Type.Object({
  id: PeerId,
  revision: Type.Integer({ minimum: 1 }),
  value: Type.Unknown(),
});
export type CollectionChange = Static<typeof CollectionChange>;

/**
 * Answers with everything that changed after `sinceRevision` (0: everything), then sends `collection.changed`.
 * `complete` says that the changes are a whole snapshot: what is not in it is gone.
 */
export const WatchCollection = defineRequest({
  name: "collection.watch",
  from: ["control"],
  to: "controller",
  permission: "cluster.view",
  params: Type.Object({ collection: CollectionName, sinceRevision: Type.Integer({ minimum: 0 }) }),
  result: Type.Object({
    changes: Type.Array(CollectionChange),
    revision: Type.Integer({ minimum: 0 }),
    complete: Type.Boolean(),
  }),
});

export const UnwatchCollection = defineRequest({
  name: "collection.unwatch",
  from: ["control"],
  to: "controller",
  permission: null,
  params: Type.Object({ collection: CollectionName }),
  result: Type.Object({}),
});

export const CollectionChanged = defineEvent({
  name: "collection.changed",
  from: [],
  to: "control",
  permission: null,
  payload: Type.Object({ collection: CollectionName, changes: Type.Array(CollectionChange) }),
});
