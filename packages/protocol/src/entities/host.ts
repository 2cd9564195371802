import { Type, type Static } from "typebox";
import { DisplayName, PeerId, TimeMs } from "../names.js";

/** A Factorio version that a host can run. */
export const InstallInfo = Type.Object({
  version: Type.String(),
  isSimulator: Type.Boolean(),
});
export type InstallInfo = Static<typeof InstallInfo>;

/** What a host says of itself when it registers. */
export const HostReport = Type.Object({
  name: DisplayName,
  version: Type.String(),
  platform: Type.String(),
  publicAddress: Type.String(),
  installs: Type.Array(InstallInfo),
});
export type HostReport = Static<typeof HostReport>;

/** A host as people see it. */
export const Host = Type.Object({
  id: PeerId,
  name: DisplayName,
  connected: Type.Boolean(),
  version: Type.String(),
  platform: Type.String(),
  publicAddress: Type.String(),
  installs: Type.Array(InstallInfo),
  lastSeenAtMs: TimeMs,
});
export type Host = Static<typeof Host>;
