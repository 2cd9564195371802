import type { ApiClass, Singleton } from "./api-class.js";
import { emptyTable, LUA_CUSTOM_TABLE } from "./lua-custom-table.js";

const STARTUP = emptyTable("settings.startup");
const GLOBAL = emptyTable("settings.global");
const PLAYER = emptyTable("settings.player");

/** `settings`: no mods run, so there are none. */
export const LUA_SETTINGS: ApiClass<Singleton> = {
  name: "LuaSettings",
  attributes: {
    startup: { read: (_, api) => api.object(LUA_CUSTOM_TABLE, STARTUP) },
    global: { read: (_, api) => api.object(LUA_CUSTOM_TABLE, GLOBAL) },
    player: { read: (_, api) => api.object(LUA_CUSTOM_TABLE, PLAYER) },
    player_default: { read: (_, api) => api.object(LUA_CUSTOM_TABLE, PLAYER) },
  },
  methods: {
    get_player_settings: (_, _args, api) => api.object(LUA_CUSTOM_TABLE, PLAYER),
  },
  describe: () => "settings",
  restore: () => undefined,
};
