import type { LuaValue } from "../lua/types.js";
import type { Color, Position } from "../world/player-state.js";
import type { Api } from "./api.js";
import { isTable } from "./arguments.js";

/** `{x=, y=}` or `{1, 2}`. */
export function positionOf(value: LuaValue): Position {
  if (!isTable(value)) throw new Error("Invalid MapPosition: table expected.");
  return { x: coordinate(value.get("x") ?? value.get(1)), y: coordinate(value.get("y") ?? value.get(2)) };
}

/** `{r=, g=, b=, a=}` or `{r, g, b, a}`; any part above 1 means the 0..255 scale, as in the game. */
export function colorOf(value: LuaValue): Color {
  if (!isTable(value)) throw new Error("Invalid Color: table expected.");
  const part = (name: string, index: number): number | undefined => {
    const found = value.get(name) ?? value.get(index);
    return typeof found === "number" ? found : undefined;
  };
  const parts = [part("r", 1) ?? 0, part("g", 2) ?? 0, part("b", 3) ?? 0] as const;
  const alpha = part("a", 4);
  const scale = Math.max(...parts, alpha ?? 0) > 1 ? 255 : 1;
  return {
    r: parts[0] / scale,
    g: parts[1] / scale,
    b: parts[2] / scale,
    a: alpha === undefined ? 1 : alpha / scale,
  };
}

export function colorValue(color: Color, api: Api): LuaValue {
  return api.value({ r: color.r, g: color.g, b: color.b, a: color.a });
}

function coordinate(value: LuaValue): number {
  if (typeof value !== "number" || Number.isNaN(value))
    throw new Error("Invalid MapPosition: number expected.");
  // The game stores positions in 1/256 of a tile.
  return Math.round(value * 256) / 256;
}
