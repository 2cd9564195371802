import { Type, type Static } from "typebox";
import { defineRequest } from "../define.js";
import { TimeMs } from "../names.js";

const StreamName = Type.String({ pattern: "^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$", maxLength: 120 });

export const StreamEntry = Type.Object({
  /** 1 and up within the stream, without gaps. */
  number: Type.Integer({ minimum: 1 }),
  /** The instance that published it, or `controller`. */
  source: Type.String(),
  /** The source's name as the controller knows it when it answers; nobody can claim another's. */
  sourceName: Type.String(),
  atMs: TimeMs,
  payload: Type.Unknown(),
});
export type StreamEntry = Static<typeof StreamEntry>;

/**
 * Adds entries, exactly once: those of the same source and epoch whose position was taken already are left out.
 * The answer comes when they are in the store. `epoch` names one line of positions: a life of the publisher, or the journal of a
 * server's output. Each payload has its position in it; they grow, also from one request to the next, and may have gaps.
 */
export const PublishToStream = defineRequest({
  name: "stream.publish",
  from: ["instance"],
  to: "controller",
  permission: null,
  params: Type.Object({
    stream: StreamName,
    epoch: Type.String({ minLength: 1, maxLength: 64 }),
    positions: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 1000 }),
    payloads: Type.Array(Type.Unknown(), { minItems: 1, maxItems: 1000 }),
  }),
  result: Type.Object({ head: Type.Integer({ minimum: 0 }) }),
});

/**
 * Entries after a number, oldest first; waits up to `waitMs` for one when there is none.
 * `after: null` answers at once with the head and no entries. `oldest` tells when entries were dropped before they were read.
 */
export const ReadStream = defineRequest({
  name: "stream.read",
  from: ["instance"],
  to: "controller",
  permission: null,
  params: Type.Object({
    stream: StreamName,
    after: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    limit: Type.Integer({ minimum: 1, maximum: 1000 }),
    waitMs: Type.Integer({ minimum: 0, maximum: 60_000 }),
  }),
  result: Type.Object({
    entries: Type.Array(StreamEntry),
    head: Type.Integer({ minimum: 0 }),
    oldest: Type.Integer({ minimum: 0 }),
  }),
});
