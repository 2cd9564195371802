import { chunkNameForLua, HostCallbacks } from "./host-callbacks.js";
import { LuaWasm } from "./lua-wasm.js";
import { ObjectStore } from "./object-store.js";
import { ObjectRef, type FunctionRef, type LuaRef, type RefOwner, type TableRef } from "./refs.js";
import { LuaError, type LuaObjectClass, type LuaObjectRef, type LuaValue } from "./types.js";
import type { LuaVm, LuaVmOptions } from "./types.js";
import { ValueBridge } from "./value-bridge.js";
import { isWasmTrap } from "./web-assembly.js";
import { slotSizeBytes } from "./wire.js";

const defaultMemoryLimitBytes = 512 * 1024 * 1024;

/** The module's memory can't grow beyond this; see lua-vm/build.sh. */
const largestMemoryLimitBytes = 2 ** 31 - 1;

/** LUA_ERRMEM */
const outOfMemory = 4;

/** Starts a Lua 5.2 VM with the libraries and table order of the game. */
export async function createLuaVm(options: LuaVmOptions): Promise<LuaVm> {
  const callbacks = new HostCallbacks(options);
  const wasm = await LuaWasm.create(callbacks);
  const limit = options.memoryLimitBytes ?? defaultMemoryLimitBytes;
  if (wasm.exports.open(Math.min(limit, largestMemoryLimitBytes)) !== 0)
    throw new LuaError("not enough memory to start Lua", "");
  return new WasmLuaVm(wasm, callbacks);
}

class WasmLuaVm implements LuaVm, RefOwner {
  readonly #wasm: LuaWasm;
  readonly #callbacks: HostCallbacks;
  readonly #objects: ObjectStore;
  readonly #bridge: ValueBridge;
  readonly globals: TableRef;
  #open = true;

  constructor(wasm: LuaWasm, callbacks: HostCallbacks) {
    this.#wasm = wasm;
    this.#callbacks = callbacks;
    this.#objects = new ObjectStore(wasm);
    this.#bridge = new ValueBridge(wasm, this.#objects, this);
    callbacks.attach({ wasm, bridge: this.#bridge, objects: this.#objects });
    this.globals = this.#bridge.adoptTable(wasm.exports.globals());
  }

  newTable(entries: Iterable<readonly [LuaValue, LuaValue]> = []): TableRef {
    return this.#stacked((lua) => {
      lua.push_table(0, 0);
      for (const [key, value] of entries) {
        checkKey(key);
        this.#bridge.push(key);
        this.#bridge.push(value);
        lua.set_entry();
      }
      return this.#bridge.adoptTable(lua.make_ref());
    });
  }

  newFunction(name: string, body: (args: LuaValue[]) => LuaValue[] | LuaValue): FunctionRef {
    return this.#stacked((lua) => {
      const { pointer, length } = this.#bridge.copyIn(name);
      lua.push_function(this.#callbacks.addFunction(body), pointer, length);
      return this.#bridge.adoptFunction(lua.make_ref());
    });
  }

  newObject(objectClass: LuaObjectClass, handle: unknown): LuaObjectRef {
    return this.#stacked(() => {
      const known = this.#objects.find(objectClass, handle);
      if (known !== undefined) return known;
      const ref = new ObjectRef(objectClass, handle);
      this.#objects.push(ref);
      return ref;
    });
  }

  load(source: string | Uint8Array, chunkName: string): FunctionRef {
    return this.#stacked((lua) => {
      // The name moves to Lua's stack first, because the place that both are copied to is one.
      const name = this.#bridge.copyIn(chunkNameForLua(chunkName));
      lua.push_string(name.pointer, name.length);
      const { pointer, length } = this.#bridge.copyIn(source);
      if (lua.load(pointer, length) === 1) return this.#bridge.readSlots(1)[0] as FunctionRef;
      throw new LuaError(String(this.#bridge.readSlots(1)[0]), "");
    });
  }

  setRequireAllowed(allowed: boolean): void {
    this.#wasm.exports.set_require_allowed(allowed ? 1 : 0);
  }

  serialize(value: LuaValue, describeObject: (object: LuaObjectRef) => string): Uint8Array {
    const before = this.#callbacks.describeObject;
    this.#callbacks.describeObject = describeObject;
    try {
      return this.#stacked((lua) => {
        this.#bridge.push(value);
        return this.#output(lua.serialize());
      });
    } finally {
      this.#callbacks.describeObject = before;
    }
  }

  deserialize(bytes: Uint8Array, restoreObject: (description: string) => LuaValue): LuaValue {
    const before = this.#callbacks.restoreObject;
    this.#callbacks.restoreObject = restoreObject;
    try {
      return this.#stacked((lua) => {
        this.#bridge.push(bytes);
        return this.#expect(lua.deserialize())[0];
      });
    } finally {
      this.#callbacks.restoreObject = before;
    }
  }

  tableToJson(value: LuaValue): string {
    const json = this.tableToJsonValue(value);
    return typeof json === "string" ? json : Buffer.from(json).toString("utf8");
  }

  tableToJsonValue(value: LuaValue): string | Uint8Array {
    return this.#stacked((lua) => {
      this.#bridge.push(value);
      return this.#output(lua.table_to_json());
    });
  }

  jsonToTable(json: string | Uint8Array): LuaValue {
    return this.#stacked((lua) => {
      this.#bridge.push(json);
      return this.#expect(lua.json_to_table())[0];
    });
  }

  setInstructionHook(budget: number, onBudget: () => void): void {
    this.#callbacks.onBudget = onBudget;
    this.#wasm.exports.set_budget(Math.min(Math.max(budget, 0), 2 ** 31 - 1));
  }

  seedRandom(seed: number): void {
    this.#wasm.exports.seed_random(seed);
  }

  memoryUsedBytes(): number {
    return this.#wasm.exports.memory_used() >>> 0;
  }

  collectGarbage(): void {
    this.#stacked((lua) => lua.collect_garbage());
  }

  liveCounts(): { refs: number; functions: number; objects: number } {
    return {
      refs: this.#bridge.openRefs,
      functions: this.#callbacks.functionCount,
      objects: this.#objects.size,
    };
  }

  close(): void {
    this.#open = false;
    this.#callbacks.clear();
    this.#objects.clear();
  }

  getEntry(id: number, key: LuaValue): LuaValue {
    return this.#stacked((lua) => {
      this.#bridge.push(key);
      lua.table_get(id);
      return this.#bridge.readSlot(lua.slots());
    });
  }

  setEntry(id: number, key: LuaValue, value: LuaValue): void {
    checkKey(key);
    this.#stacked((lua) => {
      this.#bridge.push(key);
      this.#bridge.push(value);
      lua.table_set(id);
    });
  }

  tableLength(id: number): number {
    return this.#stacked((lua) => lua.table_length(id));
  }

  tableEntries(id: number): [LuaValue, LuaValue][] {
    return this.#stacked((lua) => {
      const count = lua.table_entries(id);
      const base = lua.slots();
      return Array.from({ length: count }, (_, i): [LuaValue, LuaValue] => [
        this.#bridge.readSlot(base + 2 * i * slotSizeBytes),
        this.#bridge.readSlot(base + (2 * i + 1) * slotSizeBytes),
      ]);
    });
  }

  callFunction(id: number, args: LuaValue[]): LuaValue[] {
    return this.#stacked((lua) => {
      this.#bridge.reserve(args.length);
      lua.push_ref(id);
      for (const arg of args) this.#bridge.push(arg);
      return this.#expect(lua.call(args.length));
    });
  }

  releaseRef(ref: LuaRef): void {
    if (this.#open) this.#bridge.release(ref);
  }

  /** The results in the slots; a negative count stands for a message and a traceback. */
  #expect(count: number): LuaValue[] {
    if (count >= 0) return this.#bridge.readSlots(count);
    const [value, trace] = this.#bridge.readSlots(2);
    const message = value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value);
    const traceback = trace instanceof Uint8Array ? Buffer.from(trace).toString("latin1") : String(trace);
    const { thrown } = this.#callbacks;
    if (thrown?.message !== message) throw new LuaError(message, traceback);
    this.#callbacks.thrown = undefined;
    // An error that passed through JavaScript was first raised deeper, where the traceback knows more.
    const error = new LuaError(
      message,
      thrown.error instanceof LuaError ? thrown.error.traceback : traceback,
    );
    error.cause = thrown.error;
    throw error;
  }

  /** The one result, which the module built outside of Lua's heap. */
  #output<Result extends LuaValue>(count: number): Result {
    const result = this.#expect(count)[0] as Result;
    this.#wasm.exports.release_output();
    return result;
  }

  /** Runs stack operations and leaves the stack as it was; running out of memory in them becomes a `LuaError`. */
  #stacked<Result>(body: (lua: LuaWasm["exports"]) => Result): Result {
    if (!this.#open) throw new Error("the Lua VM is closed");
    const lua = this.#wasm.exports;
    const top = lua.top();
    try {
      return body(lua);
    } catch (error) {
      if (isWasmTrap(error)) this.close();
      if (error === this.#wasm.unwind) throw new LuaError(unprotectedMessage(this.#wasm.unwind.status), "");
      throw error;
    } finally {
      if (this.#open) lua.set_top(top);
    }
  }
}

function checkKey(key: LuaValue): void {
  if (key === undefined) throw new LuaError("table index is nil", "");
  if (typeof key === "number" && Number.isNaN(key)) throw new LuaError("table index is NaN", "");
}

/** Outside of a protected call only memory and Lua's stack can run out. */
function unprotectedMessage(status: number): string {
  return status === outOfMemory ? "not enough memory" : "stack overflow";
}
