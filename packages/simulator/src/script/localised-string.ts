import { isObject, isTable, luaNumberText, stringOf } from "../api/arguments.js";
import type { LuaValue } from "../lua/types.js";

const MAX_DEPTH = 20;

/**
 * A LocalisedString as text. The simulator ships none of the game's locale, so every key is unknown; `{"", ...}`
 * joins its parts, and parameters are rendered for the few engine keys that modules commonly wrap.
 */
export function renderLocalised(value: LuaValue, depth = 0): string {
  if (depth > MAX_DEPTH) throw new Error("Too deep recursion in localised string.");
  if (value === undefined) return "nil";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return luaNumberText(value);
  const text = stringOf(value);
  if (text !== undefined) return text;
  if (isTable(value)) return renderTable(value.entries(), depth);
  if (isObject(value)) return value.className;
  throw new Error("Invalid localised string: function.");
}

function renderTable(entries: [LuaValue, LuaValue][], depth: number): string {
  const parts = new Map(entries);
  const key = stringOf(parts.get(1));
  if (key === undefined) throw new Error("Invalid localised string: the key must be a string.");
  if (key !== "") return `Unknown key: "${key}"`;
  let text = "";
  for (let index = 2; parts.has(index); index++) text += renderLocalised(parts.get(index), depth + 1);
  return text;
}
