import { Type, type Static } from "typebox";
import { TimeMs } from "../names.js";

const NamedVersion = Type.Object({ name: Type.String(), version: Type.String() });

/** A save in an instance's folder, with what can be told without loading it. */
export const Save = Type.Object({
  /** The file's name. One that the game or a person made may be one that `SaveName` refuses; then it can only be seen. */
  name: Type.String(),
  sizeBytes: Type.Integer({ minimum: 0 }),
  modifiedAtMs: TimeMs,
  /** An instance that runs, or is about to, uses it. */
  isLoaded: Type.Boolean(),
  /** The server overwrites these in turn. */
  isAutosave: Type.Boolean(),
  /** The version that saved the map; null when the file does not tell. */
  factorioVersion: Type.Union([Type.String(), Type.Null()]),
  /** `base/freeplay`; null when the file does not tell. */
  scenario: Type.Union([Type.String(), Type.Null()]),
  /** Who wrote its script: freeplay, event-handler, custom, none, or who patched it: switchyard, clusterio. Null: not readable. */
  script: Type.Union([Type.String(), Type.Null()]),
  modules: Type.Array(NamedVersion),
  /** Null when the file does not tell. */
  mods: Type.Union([Type.Array(NamedVersion), Type.Null()]),
  /** Why it cannot be used; null when it can. */
  fault: Type.Union([Type.String(), Type.Null()]),
});
export type Save = Static<typeof Save>;

/** How far a copy over the network is; sent as the progress of the requests that make one. */
export const TransferProgress = Type.Object({
  /** `export`: from the host to the controller; `import`: from the controller to the host. */
  phase: Type.Union([Type.Literal("export"), Type.Literal("import")]),
  doneBytes: Type.Integer({ minimum: 0 }),
  sizeBytes: Type.Integer({ minimum: 0 }),
});
export type TransferProgress = Static<typeof TransferProgress>;
