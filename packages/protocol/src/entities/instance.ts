import { Type, type Static } from "typebox";
import { DisplayName, PeerId, SaveName, TimeMs } from "../names.js";

/** `unknown`: its host is away. The others are the states of the instance runtime. */
export const InstanceState = Type.Union([
  Type.Literal("unknown"),
  Type.Literal("preparing"),
  Type.Literal("starting"),
  Type.Literal("running"),
  Type.Literal("stopping"),
  Type.Literal("stopped"),
  Type.Literal("crashed"),
]);
export type InstanceState = Static<typeof InstanceState>;

/** Bytes that wait at the controller for a host to fetch, named by their content. */
export const BlobReference = Type.Object({
  sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  sizeBytes: Type.Integer({ minimum: 0 }),
});
export type BlobReference = Static<typeof BlobReference>;

/** What people want of an instance. Only people write it. */
export const InstanceSpec = Type.Object({
  id: PeerId,
  name: DisplayName,
  hostId: PeerId,
  /** `latest`, `2.0` or an exact `2.0.77`. */
  factorioVersion: Type.String({ pattern: "^(latest|\\d+\\.\\d+(\\.\\d+)?)$" }),
  /** Fixed UDP port; null: the host picks a free one and keeps it. */
  gamePort: Type.Union([Type.Integer({ minimum: 1, maximum: 65535 }), Type.Null()]),
  /** Started by its host whenever the host starts. Set by start and stop. */
  autoStart: Type.Boolean(),
  /** The save that the instance begins with; null: a new map. Used only while it has no save of its own. */
  firstSave: Type.Union([Type.Object({ name: SaveName, blob: BlobReference }), Type.Null()]),
  /** Overrides of server-settings.json, by its own key names. */
  settings: Type.Record(Type.String(), Type.Unknown()),
});
export type InstanceSpec = Static<typeof InstanceSpec>;

/** What the host sees of an instance. Only its host writes it. */
export const InstanceStatus = Type.Object({
  state: InstanceState,
  /** Since when it is in this state. */
  sinceMs: TimeMs,
  /** One sentence for people: why it crashed, what is being prepared. Empty when there is nothing to say. */
  words: Type.String(),
  gamePort: Type.Union([Type.Integer(), Type.Null()]),
  factorioVersion: Type.Union([Type.String(), Type.Null()]),
  isSimulator: Type.Boolean(),
  save: Type.Union([Type.String(), Type.Null()]),
  players: Type.Array(Type.String()),
});
export type InstanceStatus = Static<typeof InstanceStatus>;

/** An instance as people see it. */
export const Instance = Type.Object({ id: PeerId, spec: InstanceSpec, status: InstanceStatus });
export type Instance = Static<typeof Instance>;

/** The status of an instance that was never started, or whose host is away. */
export function unknownStatus(state: "unknown" | "stopped", nowMs: number): InstanceStatus {
  return {
    state,
    sinceMs: nowMs,
    words: "",
    gamePort: null,
    factorioVersion: null,
    isSimulator: false,
    save: null,
    players: [],
  };
}
