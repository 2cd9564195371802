import { luaPath, luaString, luaValue, utf8Bytes, type LuaArgument } from "./lua-text.js";

/** The save's own runtime: `lua-modules/core`. Its functions are named without it inside a batch, to save bytes. */
const CORE = "switchyard_core";
const HEAD = `/sc ${CORE}.batch{`;
const TAIL = "}";
/** Of a batch command, beside its calls and the commas between them. */
export const BATCH_FRAME_BYTES = HEAD.length + TAIL.length;
/** What the first script command ever in a save prints instead of running (facts-2 §4, all versions). */
const WARNING = /Lua console commands will disable achievements[,.] [Pp]lease repeat/;
const LUA_ERROR = /^Cannot execute command\. Error: ([\s\S]*?)\n*$/;
/** Of a save without the core module, or with one from before batches: nothing of the batch has run. */
const NO_BATCH = /attempt to (?:index|call) /;

/** A call of a Lua function with its arguments, ready for both ways of sending it. */
export interface EncodedCall {
  readonly functionPath: string;
  /** As an entry of a batch. */
  readonly item: string;
  /** Of the item in UTF-8. */
  readonly bytes: number;
  readonly args: readonly LuaArgument[];
}

/** Throws TypeError when functionPath is not a plain dotted name, which is a bug of the caller. */
export function encodeCall(functionPath: string, args: readonly LuaArgument[]): EncodedCall {
  const path = luaPath(functionPath);
  const short = path.startsWith(`${CORE}.`) ? path.slice(CORE.length) : path;
  const fields = [luaString(short), ...args.map(luaValue)];
  // Lua cannot tell the length of a list with holes.
  if (args.includes(null)) fields.push(`n=${args.length}`);
  const item = `{${fields.join(",")}}`;
  return { functionPath: path, item, bytes: utf8Bytes(item), args };
}

/** One command that runs all of the calls, each by itself; the reply is for readBatch(). */
export function batchCommand(calls: readonly EncodedCall[]): string {
  return HEAD + calls.map(({ item }) => item).join(",") + TAIL;
}

/** The command for a save without the core module: what the function gives back is printed. */
export function singleCommand({ functionPath, args }: EncodedCall): string {
  const call = `${functionPath}(${args.map(luaValue).join(",")})`;
  const text = 'type(r)=="table"and(helpers or game).table_to_json(r)or tostring(r)';
  return `/sc local r=${call} if r~=nil then rcon.print(${text})end`;
}

/** What became of one call: the text of its result, or Lua's message. */
export type CallOutcome = { ok: true; text: string } | { ok: false; error: string };

export type BatchReply =
  | { kind: "outcomes"; outcomes: CallOutcome[] }
  /** The calls have not run: the game wants to hear the same command again. */
  | { kind: "warned" }
  /** The calls have not run: this save knows no batches. */
  | { kind: "no-batch" }
  | { kind: "unreadable" };

/** `count` is the number of calls in the batch. */
export function readBatch(reply: string, count: number): BatchReply {
  if (reply.trim() === "" || WARNING.test(reply)) return { kind: "warned" };
  const lines = reply.split("\n");
  // The last print is the batch's own; what the functions printed themselves comes before it.
  const outcomes = lines.slice(-1 - count, -1);
  if (lines.at(-2 - count) === `batch ${count}` && outcomes.every((line) => /^[+-]/.test(line)))
    return { kind: "outcomes", outcomes: outcomes.map(readOutcome) };
  const error = LUA_ERROR.exec(reply)?.[1];
  return { kind: error !== undefined && NO_BATCH.test(error) ? "no-batch" : "unreadable" };
}

/** Undefined: the call has not run, and the game wants to hear the same command again. */
export function readSingle(reply: string): CallOutcome | undefined {
  if (WARNING.test(reply)) return undefined;
  const error = LUA_ERROR.exec(reply)?.[1];
  return error === undefined ? { ok: true, text: reply.replace(/\n$/, "") } : { ok: false, error };
}

function readOutcome(line: string): CallOutcome {
  const text = unescape(line.slice(1));
  return line.startsWith("+") ? { ok: true, text } : { ok: false, error: text };
}

/** The escaped text is ASCII; each escape is one byte. */
function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  const bytes = text.replace(/\\([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
