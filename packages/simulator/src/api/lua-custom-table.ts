import type { LuaValue } from "../lua/types.js";
import type { Api } from "./api.js";
import type { ApiClass } from "./api-class.js";

/** A table of the engine, like `game.players`: `#`, `pairs` and indexing, but no plain Lua table. */
export interface CustomTable {
  /** Unique in the script; also finds the table again in a saved storage. */
  path: string;
  get: (key: LuaValue, api: Api) => LuaValue;
  entries: (api: Api) => [LuaValue, LuaValue][];
}

export const LUA_CUSTOM_TABLE: ApiClass<CustomTable> = {
  name: "LuaCustomTable",
  index: (table, key, api) => table.get(key, api),
  length: (table, api) => table.entries(api).length,
  entries: (table, api) => table.entries(api),
  describe: (table) => table.path,
  restore: () => undefined,
};

/** A table of things that the simulator has none of: prototypes and settings of mods. */
export function emptyTable(path: string): CustomTable {
  return { path, get: () => undefined, entries: () => [] };
}
