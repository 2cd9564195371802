import { inflateSync } from "node:zlib";
import type { MockCommand, MockRcon } from "./mock-rcon.js";

const BATCH = /^\/sc switchyard_core\.batch\{(.*)\}$/s;
export const WARNING =
  "Using Lua console commands will disable achievements. Please repeat the command to proceed.\n";

type Value = string | number | boolean | null;

/** Calls of a batch command, if none holds a brace or a character that is escaped and not ASCII; undefined for any other command. */
export function batchCalls(text: string): Value[][] | undefined {
  const items = BATCH.exec(text)?.[1];
  if (items === undefined) return undefined;
  const json = items
    .replace(/\\(\d{3})/g, (_, byte: string) => `\\u${Number(byte).toString(16).padStart(4, "0")}`)
    .replace(/,n=\d+\}/g, "}")
    .replace(/(?<=,)nil(?=[,}])/g, "null")
    .replaceAll("{", "[")
    .replaceAll("}", "]");
  return JSON.parse(`[${json}]`) as Value[][];
}

/** The core module of a patched save, as far as RCON sees it. Functions throw what Lua would answer as an error. */
export class MockCore {
  /** Of each batch, the number of its calls. */
  readonly batches: number[] = [];
  /** What functions were called with bulk texts. */
  readonly delivered: { path: Value; args: Value[]; text: string }[] = [];
  readonly functions = new Map<string, (...args: Value[]) => string>();
  readonly #parts = new Map<Value, Map<number, string>>();
  readonly #done = new Map<Value, string>();

  /** The reply to a batch command. */
  run(text: string): string {
    const calls = batchCalls(text) ?? [];
    this.batches.push(calls.length);
    const lines = calls.map(([path, ...args]) => {
      try {
        return `+${escape(this.#call(String(path), args))}`;
      } catch (error) {
        return `-${escape(error instanceof Error ? error.message : String(error))}`;
      }
    });
    return `${[`batch ${calls.length}`, ...lines].join("\n")}\n`;
  }

  /** Answers every command that waits, once in so many milliseconds. Gives the function that ends it. */
  answerEvery(mock: MockRcon, ms: number): () => void {
    let waiting: MockCommand[] = [];
    mock.onCommand = (command) => void waiting.push(command);
    const timer = setInterval(() => {
      const due = waiting;
      waiting = [];
      for (const command of due)
        command.reply(command.text.startsWith("/sc ") ? this.run(command.text) : command.text);
    }, ms);
    return () => clearInterval(timer);
  }

  #call(path: string, args: Value[]): string {
    if (path === ".bulk_part") return this.#part(args);
    if (path === ".bulk_missing") return this.#missing(args[0] ?? null, Number(args[1]));
    if (path === ".bulk_forget") return String(this.#parts.delete(args[0] ?? null) || "");
    if (path === ".bulk_finish") return this.#finish(args);
    const run = this.functions.get(path);
    if (!run) throw new Error(`This save has no function ${path}`);
    return run(...args);
  }

  #part([id = null, offset, text]: Value[]): string {
    const parts = this.#parts.get(id) ?? new Map<number, string>();
    this.#parts.set(id, parts.set(Number(offset), String(text)));
    return "";
  }

  #missing(id: Value, size: number): string {
    if (this.#done.has(id)) return "";
    let at = 0;
    const gaps: string[] = [];
    for (const [offset, text] of [...(this.#parts.get(id) ?? [])].sort(([a], [b]) => a - b)) {
      if (offset > at) gaps.push(`${at}-${offset}`);
      at = Math.max(at, offset + text.length);
    }
    if (at < size) gaps.push(`${at}-${size}`);
    return gaps.join(",");
  }

  #finish([id = null, size, , offset, text, path = null, ...args]: Value[]): string {
    const before = this.#done.get(id);
    if (before !== undefined) return before;
    this.#part([id, offset ?? null, text ?? null]);
    const missing = this.#missing(id, Number(size));
    if (missing !== "") return `?${missing}`;
    let whole = "";
    for (const [at, part] of [...(this.#parts.get(id) ?? [])].sort(([a], [b]) => a - b))
      whole += part.slice(whole.length - at);
    this.#parts.delete(id);
    this.delivered.push({ path, args, text: inflateSync(Buffer.from(whole, "base64")).toString("utf8") });
    this.#done.set(id, `+${this.delivered.length}`);
    return `+${this.delivered.length}`;
  }
}

function escape(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte < 32 || byte > 126 || byte === 92
        ? `\\${byte.toString(16).padStart(2, "0")}`
        : String.fromCharCode(byte),
    )
    .join("");
}
