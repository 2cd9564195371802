/** A folder of Lua for the save, described by its module.json. */
export interface LuaModule {
  name: string;
  version: string;
  directory: string;
  /** Files added to event_handler as libraries, in this order. */
  load: string[];
  /** Files that are only required, after all `load` files of this module. */
  require: string[];
  /** Module name → version range (`*`, `>=1.2`, `1.2.3`); the game's own modules are not listed. */
  dependencies: Record<string, string>;
}

export function readLuaModule(_directory: string): Promise<LuaModule> {
  throw new Error("not built yet");
}
