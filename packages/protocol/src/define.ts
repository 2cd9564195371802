import type { Static, TSchema } from "typebox";
import type { PeerKind } from "./address.js";
import type { Permission } from "./permissions.js";

/** Where a message may come from. The controller may send anything, so it is not listed. */
export type Source = Exclude<PeerKind, "controller">;

/** A question with exactly one answer. */
export interface RequestMessage<Name extends string, Params extends TSchema, Result extends TSchema> {
  readonly kind: "request";
  readonly name: Name;
  readonly from: readonly Source[];
  readonly to: PeerKind;
  /** What a control needs to send it; null: any signed-in user may. Hosts are checked by `from` alone. */
  readonly permission: Permission | null;
  /** For what passes the controller on its way to a host: it notes in the audit log who asked and what came of it. */
  readonly isAudited?: true;
  readonly params: Params;
  readonly result: Result;
}

/** A message without an answer. The link still delivers it once, or the session is lost and says so. */
export interface EventMessage<Name extends string, Payload extends TSchema> {
  readonly kind: "event";
  readonly name: Name;
  readonly from: readonly Source[];
  readonly to: PeerKind;
  readonly permission: Permission | null;
  readonly payload: Payload;
}

/** A named line of messages between the game's Lua and the host side of a plugin. */
export interface Channel<Name extends string, Payload extends TSchema> {
  readonly kind: "channel";
  readonly name: Name;
  readonly direction: "from-game" | "to-game";
  readonly payload: Payload;
}

/**
 * A durable numbered log at the controller. Entries are kept in the store, numbered without gaps from 1 per stream,
 * published exactly once by (source, epoch, position) and read from any number on.
 */
export interface Stream<Name extends string, Payload extends TSchema> {
  readonly kind: "stream";
  readonly name: Name;
  readonly payload: Payload;
  /** The oldest entries beyond this count are dropped. */
  readonly keepEntries: number;
}

export type AnyRequest = RequestMessage<string, TSchema, TSchema>;
export type AnyEvent = EventMessage<string, TSchema>;
export type AnyMessage = AnyRequest | AnyEvent;
export type AnyChannel = Channel<string, TSchema>;
export type AnyStream = Stream<string, TSchema>;

export type ParamsOf<M extends AnyRequest> = Static<M["params"]>;
export type ResultOf<M extends AnyRequest> = Static<M["result"]>;
export type PayloadOf<M extends AnyEvent | AnyChannel | AnyStream> = Static<M["payload"]>;

/**
 * Declares a request. Names are `noun.verb` in the core and `<plugin>:noun.verb` in plugins.
 *
 * @example
 * const StopInstance = defineRequest({
 *   name: "instance.stop", from: ["control"], to: "instance", permission: "instance.stop",
 *   params: Type.Object({}), result: Type.Object({ exitCode: Type.Union([Type.Integer(), Type.Null()]) }),
 * });
 */
export function defineRequest<Name extends string, Params extends TSchema, Result extends TSchema>(
  message: Omit<RequestMessage<Name, Params, Result>, "kind">,
): RequestMessage<Name, Params, Result> {
  return { kind: "request", ...message };
}

/** Declares an event; events of the controller to others have `from: []`. */
export function defineEvent<Name extends string, Payload extends TSchema>(
  message: Omit<EventMessage<Name, Payload>, "kind">,
): EventMessage<Name, Payload> {
  return { kind: "event", ...message };
}

/** Declares a channel; the name is `<plugin>:<noun>` and stands in the IPC line or the Lua call. */
export function defineChannel<Name extends string, Payload extends TSchema>(
  channel: Omit<Channel<Name, Payload>, "kind">,
): Channel<Name, Payload> {
  return { kind: "channel", ...channel };
}

/** Declares a stream; the name is `<plugin>:<noun>`. */
export function defineStream<Name extends string, Payload extends TSchema>(
  stream: Omit<Stream<Name, Payload>, "kind">,
): Stream<Name, Payload> {
  return { kind: "stream", ...stream };
}
