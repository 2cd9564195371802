const IDENTIFIER_PATH = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/** Bytes of the text in UTF-8: every RCON and line limit is in bytes. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/**
 * A Lua string literal that keeps the command on one line and inside its quotes, whatever the text holds. Control characters
 * become decimal escapes with three digits (so that a digit may follow), lone surrogates U+FFFD (they have no UTF-8 form).
 */
export function luaString(text: string): string {
  const escaped = Buffer.from(text, "utf8")
    .toString("utf8")
    // U+2028/2029 and NEL are line ends to some readers; a BOM would be dropped at the start of some.
    .replace(/["\\\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, (character) => {
      if (character === '"' || character === "\\") return `\\${character}`;
      return [...Buffer.from(character, "utf8")].map((byte) => `\\${String(byte).padStart(3, "0")}`).join("");
    });
  return `"${escaped}"`;
}

/** What can be passed to a Lua function; null is nil. */
export type LuaArgument = string | number | boolean | null;

/** A Lua expression with that value, on one line. */
export function luaValue(value: LuaArgument): string {
  if (value === null) return "nil";
  if (typeof value === "string") return luaString(value);
  if (typeof value === "boolean") return String(value);
  if (Number.isNaN(value)) return "(0/0)";
  if (!Number.isFinite(value)) return value > 0 ? "math.huge" : "-math.huge";
  return String(value);
}

/** Gives the path back, or throws TypeError when it is not a plain dotted name, which is a bug of the caller. */
export function luaPath(functionPath: string): string {
  if (!IDENTIFIER_PATH.test(functionPath)) throw new TypeError(`not a Lua function path: ${functionPath}`);
  return functionPath;
}

/** `luaCall("a.b", ["x", 1])` is `/sc a.b("x",1)`. Throws TypeError as luaPath does. */
export function luaCall(functionPath: string, args: readonly LuaArgument[]): string {
  return `/sc ${luaPath(functionPath)}(${args.map(luaValue).join(",")})`;
}
