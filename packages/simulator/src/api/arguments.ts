import type { LuaFunctionRef, LuaObjectRef, LuaTableRef, LuaValue } from "../lua/types.js";

/** The arguments of one API call, counted from 0 here and from 1 in error texts. */
export class Arguments {
  constructor(
    readonly values: readonly LuaValue[],
    private readonly method: string,
  ) {}

  get(index: number): LuaValue {
    return this.values[index];
  }

  string(index: number, name: string): string {
    const value = this.required(index, name);
    const text = stringOf(value);
    if (text === undefined) throw this.wrongType(index, "string");
    return text;
  }

  optionalString(index: number, name: string): string | undefined {
    return this.values[index] === undefined ? undefined : this.string(index, name);
  }

  number(index: number, name: string): number {
    const value = this.required(index, name);
    if (typeof value !== "number") throw this.wrongType(index, "number");
    return value;
  }

  table(index: number, name: string): LuaTableRef {
    const value = this.required(index, name);
    if (!isTable(value)) throw this.wrongType(index, "table");
    return value;
  }

  function(index: number, name: string): LuaFunctionRef {
    const value = this.required(index, name);
    if (!isFunction(value)) throw this.wrongType(index, "function");
    return value;
  }

  optionalFunction(index: number, name: string): LuaFunctionRef | undefined {
    return this.values[index] === undefined ? undefined : this.function(index, name);
  }

  required(index: number, name: string): Exclude<LuaValue, undefined> {
    const value = this.values[index];
    if (value === undefined)
      throw new Error(`value for required parameter ${index + 1} (${name}) is missing`);
    return value;
  }

  /** A LocalisedString, for which an explicit nil is a value too. */
  localised(index: number, name: string): LuaValue {
    if (index >= this.values.length) return this.required(index, name);
    return this.values[index];
  }

  wrongType(index: number, expected: string): Error {
    const count = this.values.length;
    return new Error(
      `bad argument #${index + 1} of ${count} to '${this.method}' (${expected} expected, got ${luaTypeOf(this.values[index])})`,
    );
  }
}

export function isTable(value: LuaValue): value is LuaTableRef {
  return typeof value === "object" && "type" in value && value.type === "table";
}

export function isFunction(value: LuaValue): value is LuaFunctionRef {
  return typeof value === "object" && "type" in value && value.type === "function";
}

export function isObject(value: LuaValue, className?: string): value is LuaObjectRef {
  return (
    typeof value === "object" &&
    "type" in value &&
    value.type === "object" &&
    (className === undefined || value.className === className)
  );
}

/** Text of a Lua string or number; bytes that are not UTF-8 come as Latin-1. */
export function stringOf(value: LuaValue): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return luaNumberText(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : undefined;
}

/** The bytes of a Lua string. */
export function bytesOf(value: LuaValue): Buffer | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value);
  const text = stringOf(value);
  return text === undefined ? undefined : Buffer.from(text, "utf8");
}

/** `%.14g`, as Lua 5.2 writes numbers. */
export function luaNumberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e14) return Object.is(value, -0) ? "-0" : String(value);
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Number(value.toPrecision(14))
    .toString()
    .replace(/e([+-])(\d)$/, "e$10$2");
}

export function luaTypeOf(value: LuaValue): string {
  if (value === undefined) return "nil";
  if (value instanceof Uint8Array) return "string";
  if (typeof value === "object") return value.type === "object" ? "userdata" : value.type;
  return typeof value;
}
