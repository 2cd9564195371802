import type { Api } from "../api/api.js";
import type { LuaFunctionRef, LuaValue } from "../lua/types.js";

/** Calls a handler with an event table; errors leave as `LuaError`. `name` and `tick` are set last, as the game does. */
export function raiseInLua(
  api: Api,
  handler: LuaFunctionRef,
  event: number | string,
  data: Iterable<[LuaValue, LuaValue]>,
): void {
  const table = api.vm.newTable(data);
  try {
    table.set("name", event);
    table.set("tick", api.game.world.tick);
    handler.call(table);
  } finally {
    table.release();
  }
}
