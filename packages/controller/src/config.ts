import { Type, type Static } from "typebox";

/** The controller's settings; `readConfig` fills the defaults. */
export const defineControllerConfig = Type.Object({
  /** Everything that the controller keeps: the store, uploads, logs. Nobody else's. */
  dataDirectory: Type.String({ minLength: 1, default: "switchyard-controller" }),
  bindAddress: Type.String({ minLength: 1, default: "127.0.0.1" }),
  /** 0: any free port. */
  port: Type.Integer({ minimum: 0, maximum: 65535, default: 8480 }),
  /** How people reach the controller, when it is not by the bind address: `https://cluster.example`. No path. */
  publicUrl: Type.Optional(Type.String({ pattern: "^https?://[^/?#]+/?$" })),
  clusterName: Type.String({ minLength: 1, maxLength: 80, default: "Switchyard cluster" }),
  logLevel: Type.Union(
    [Type.Literal("error"), Type.Literal("warn"), Type.Literal("info"), Type.Literal("debug")],
    { default: "info" },
  ),
  /** Addresses or CIDR ranges of proxies whose X-Forwarded-* headers are believed. */
  trustedProxies: Type.Array(Type.String(), { default: [] }),
  /** Folders of plugins. */
  plugins: Type.Array(Type.String(), { default: [] }),
  /** The folder of the built panel. */
  webRoot: Type.Optional(Type.String({ minLength: 1 })),
  maxUploadBytes: Type.Integer({ minimum: 1, default: 4 * 1024 ** 3 }),
  /** Of all uploads together. Those that no instance begins with go when they were not used for a day, or for room. */
  maxBlobsBytes: Type.Integer({ minimum: 1, default: 20 * 1024 ** 3 }),
});
export type ControllerConfig = Static<typeof defineControllerConfig>;
