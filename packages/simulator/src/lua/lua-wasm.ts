import { readFile } from "node:fs/promises";
import { compileWasm, instantiateWasm, type WasmMemory, type WasmModule } from "./web-assembly.js";
import { hostStackOverflow } from "./wire.js";

/** What lua-vm/glue exports. Pointers are addresses in `memory`, refs are keys of Lua's registry. */
export interface LuaExports {
  readonly memory: WasmMemory;
  _initialize(): void;
  open(memoryLimitBytes: number): number;
  run(f: number, state: number, argument: number): void;
  stack_save(): number;
  stack_restore(pointer: number): void;
  memory_used(): number;
  collect_garbage(): void;
  seed_random(seed: number): void;
  set_budget(count: number): void;
  set_require_allowed(allowed: number): void;
  scratch(sizeBytes: number): number;
  slots(): number;
  reserve(count: number): number;
  top(): number;
  set_top(index: number): void;
  push_nil(): void;
  push_boolean(value: number): void;
  push_number(value: number): void;
  push_string(pointer: number, length: number): void;
  push_ref(ref: number): void;
  push_table(arraySize: number, hashSize: number): void;
  push_function(id: number, name: number, nameLength: number): void;
  push_object(id: number): number;
  push_new_object(id: number, classRef: number): void;
  define_class(members: number): number;
  make_ref(): number;
  unref(ref: number): void;
  globals(): number;
  set_index(index: number): void;
  set_entry(): void;
  table_get(ref: number): void;
  table_set(ref: number): void;
  table_length(ref: number): number;
  table_entries(ref: number): number;
  call(argumentCount: number): number;
  load(source: number, length: number): number;
  serialize(): number;
  deserialize(): number;
  table_to_json(): number;
  json_to_table(): number;
  release_output(): void;
}

/** What lua-vm/glue calls. Negative results: failed, with the message pushed. */
export interface LuaHost {
  print(text: number, length: number): number;
  call(id: number, argumentCount: number): number;
  object(operation: number, id: number, argumentCount: number): number;
  collected(kind: number, id: number): void;
  require(name: number, length: number): number;
  budget(): number;
  describe(id: number): number;
  restore(text: number, length: number): number;
}

/**
 * Carries a Lua error through WebAssembly frames to the protected call that waits for it. One per VM, because
 * making an `Error` is slow. It must not be swallowed by code between the two.
 */
export class LuaUnwind extends Error {
  status = 0;
}

/** One instance of the module with views of its memory that follow its growth. */
export class LuaWasm {
  readonly exports: LuaExports;
  readonly unwind = new LuaUnwind("a Lua error on its way");
  bytes = Buffer.alloc(0);
  int32 = new Int32Array(0);
  float64 = new Float64Array(0);

  private constructor(module: WasmModule, host: LuaHost) {
    const exports = instantiateWasm(module, {
      host: {
        ...this.#bound(host),
        throw: (status: number) => this.#throw(status),
        try: this.#try.bind(this),
        grown: () => this.#refresh(),
      },
      env: { emscripten_notify_memory_growth: () => this.#refresh() },
    });
    this.exports = exports as LuaExports;
    this.#refresh();
    this.exports._initialize();
  }

  static async create(host: LuaHost): Promise<LuaWasm> {
    // Two levels up both from src/lua and from dist/lua.
    const code = await readFile(new URL("../../lua-vm/lua.wasm", import.meta.url));
    return new LuaWasm(await compileWasm(code), host);
  }

  #bound(host: LuaHost): Record<keyof LuaHost, (...args: number[]) => number | void> {
    return {
      print: host.print.bind(host),
      call: host.call.bind(host),
      object: host.object.bind(host),
      collected: host.collected.bind(host),
      require: host.require.bind(host),
      budget: host.budget.bind(host),
      describe: host.describe.bind(host),
      restore: host.restore.bind(host),
    };
  }

  #refresh(): void {
    const buffer = this.exports.memory.buffer;
    this.bytes = Buffer.from(buffer);
    this.int32 = new Int32Array(buffer);
    this.float64 = new Float64Array(buffer);
  }

  #throw(status: number): never {
    this.unwind.status = status;
    throw this.unwind;
  }

  #try(f: number, state: number, argument: number): number {
    const stack = this.exports.stack_save();
    try {
      this.exports.run(f, state, argument);
      return 0;
    } catch (error) {
      this.exports.stack_restore(stack);
      if (error === this.unwind) return this.unwind.status;
      if (isStackOverflow(error)) return hostStackOverflow;
      throw error;
    }
  }
}

/** The engine reports the end of its stack as RangeError, the end of the C stack traps as an access out of bounds. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith("Maximum call stack");
}
