import { Type, type Static } from "typebox";
import { defineEvent, defineRequest } from "../define.js";

/** A plugin's name is its folder's: lower case words joined by `-`. */
export const PluginName = Type.String({ pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", maxLength: 60 });

/** The settings of one plugin, as its manifest declares them; the same for the whole cluster. */
export const PluginSettings = Type.Object({
  plugin: PluginName,
  version: Type.String(),
  enabled: Type.Boolean(),
  settings: Type.Record(Type.String(), Type.Unknown()),
});
export type PluginSettings = Static<typeof PluginSettings>;

export const ListPlugins = defineRequest({
  name: "plugin.list",
  from: ["control"],
  to: "controller",
  permission: "cluster.view",
  params: Type.Object({}),
  result: Type.Object({ plugins: Type.Array(PluginSettings) }),
});

/** Changes one setting. Reaches running hosts at once. */
export const SetPluginSetting = defineRequest({
  name: "plugin.set",
  from: ["control"],
  to: "controller",
  permission: "plugin.configure",
  params: Type.Object({ plugin: PluginName, setting: Type.String(), value: Type.Unknown() }),
  result: Type.Object({ plugin: PluginSettings }),
});

export const PluginSettingsChanged = defineEvent({
  name: "plugin.settings-changed",
  from: [],
  to: "host",
  permission: null,
  payload: PluginSettings,
});
