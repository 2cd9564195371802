import type { Dispatcher } from "@switchyard/link";
import { PluginSettingsChanged } from "@switchyard/protocol";
import type { PluginSet } from "../plugins/plugin-set.js";

export function servePlugins(dispatcher: Dispatcher, plugins: PluginSet): void {
  dispatcher.on(PluginSettingsChanged, (settings) => plugins.apply(settings));
}
