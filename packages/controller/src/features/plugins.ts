import { ListPlugins, PluginSettingsChanged, SetPluginSetting } from "@switchyard/protocol";
import type { Dispatcher } from "@switchyard/link";
import { errorFields, type Logger } from "@switchyard/node-kit";
import type { Askers } from "../link/askers.js";
import type { Plugins } from "../state/plugins.js";

export interface ServePluginsOptions {
  dispatcher: Dispatcher;
  plugins: Plugins;
  askers: Askers;
  log: Logger;
}

export function servePlugins({ dispatcher, plugins, askers, log }: ServePluginsOptions): void {
  dispatcher.handle(ListPlugins, () => ({ plugins: plugins.list() }));
  dispatcher.handle(SetPluginSetting, async ({ plugin, setting, value }, context) => ({
    plugin: await plugins.set(plugin, setting, value, askers.actor(context)),
  }));
  plugins.onChange((changed) => {
    try {
      dispatcher.emit(PluginSettingsChanged, changed, { to: "hosts" });
    } catch (error) {
      // Hosts that are away get the settings when they register.
      log.warn(`The settings of plugin ${changed.plugin} did not reach the hosts`, errorFields(error));
    }
  });
}
