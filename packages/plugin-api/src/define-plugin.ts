import type { Static, TObject } from "typebox";
import type { AnyChannel, AnyMessage, AnyStream } from "@switchyard/protocol";
import type { ControllerContext } from "./controller-context.js";
import type { InstanceContext } from "./instance-context.js";

/** Something that ends; a side returns it when it has to be told. */
export interface Closeable {
  close(): void | Promise<void>;
}

/** Runs once in the controller. */
export type ControllerSide<Settings> = (
  context: ControllerContext<Settings>,
) => Promise<Closeable | void> | Closeable | void;

/** Runs in the host, once for each run of an instance, when its server takes commands. */
export type InstanceSide<Settings> = (
  context: InstanceContext<Settings>,
) => Promise<Closeable | void> | Closeable | void;

/** All that Switchyard knows of a plugin before it runs any of it. */
export interface PluginManifest<Settings extends TObject = TObject> {
  /** The folder's name: lower case words joined by `-`. Messages, channels and streams begin with it: `<name>:`. */
  readonly name: string;
  readonly version: string;
  readonly title: string;
  /** Settings for the whole cluster. Every field has a default, a `title` and a `description`. */
  readonly settings: Settings;
  readonly messages?: readonly AnyMessage[];
  readonly channels?: readonly AnyChannel[];
  readonly streams?: readonly AnyStream[];
  /** The folder of the Lua module (with module.json) that goes into saves. */
  readonly lua?: URL;
  /** Sides are loaded only by the program that runs them. */
  readonly controller?: () => Promise<ControllerSide<Static<Settings>>>;
  readonly instance?: () => Promise<InstanceSide<Static<Settings>>>;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Declares a plugin; `plugin.ts` exports the result as `plugin`.
 *
 * @example
 * export const plugin = definePlugin({
 *   name: "greeter", version: "1.0.0", title: "Greeter",
 *   settings: Type.Object({ text: Type.String({ title: "Greeting", default: "Welcome!" }) }),
 *   instance: async () => (await import("./instance.js")).greet,
 * });
 *
 * Throws TypeError when a name does not fit, so that a broken plugin is found when it is loaded.
 */
export function definePlugin<Settings extends TObject>(
  manifest: PluginManifest<Settings>,
): PluginManifest<Settings> {
  if (!NAME.test(manifest.name))
    throw new TypeError(`"${manifest.name}" is not a plugin name: lower case words joined by "-"`);
  for (const declared of [
    ...(manifest.messages ?? []),
    ...(manifest.channels ?? []),
    ...(manifest.streams ?? []),
  ]) {
    if (!declared.name.startsWith(`${manifest.name}:`)) {
      throw new TypeError(
        `The ${declared.kind} "${declared.name}" of plugin ${manifest.name} must be named "${manifest.name}:..."`,
      );
    }
  }
  return manifest;
}
