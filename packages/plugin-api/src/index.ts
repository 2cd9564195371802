export {
  definePlugin,
  type Closeable,
  type ControllerSide,
  type InstanceSide,
  type PluginManifest,
} from "./define-plugin.js";
export type { ControllerContext } from "./controller-context.js";
export type { ConsumedEntry, FromGame, InstanceContext } from "./instance-context.js";
export type { LiveSettings, PluginLogger, PluginStorage } from "./shared.js";
