import { isStackOverflow, type LuaHost, type LuaWasm } from "./lua-wasm.js";
import type { ObjectStore } from "./object-store.js";
import type { LuaObjectRef, LuaValue, LuaVmOptions } from "./types.js";
import type { ValueBridge } from "./value-bridge.js";
import { collectedKinds, objectOperations } from "./wire.js";

export type FunctionBody = (args: LuaValue[]) => LuaValue[] | LuaValue;

/** What the callbacks work on; it exists only after the module that calls them was instantiated. */
export interface CallbackContext {
  wasm: LuaWasm;
  bridge: ValueBridge;
  objects: ObjectStore;
}

/** The JavaScript side of every call that Lua makes: decodes, runs the body, turns exceptions into Lua errors. */
export class HostCallbacks implements LuaHost {
  readonly #options: LuaVmOptions;
  readonly #functions = new Map<number, FunctionBody>();
  #lastFunction = 0;
  #context: CallbackContext | undefined;
  onBudget: () => void = () => undefined;
  describeObject: (object: LuaObjectRef) => string = unavailable;
  restoreObject: (description: string) => LuaValue = unavailable;
  /** The exception that most recently became a Lua error. */
  thrown: { message: string; error: unknown } | undefined;

  constructor(options: LuaVmOptions) {
    this.#options = options;
  }

  attach(context: CallbackContext): void {
    this.#context = context;
  }

  get functionCount(): number {
    return this.#functions.size;
  }

  addFunction(body: FunctionBody): number {
    this.#functions.set(++this.#lastFunction, body);
    return this.#lastFunction;
  }

  clear(): void {
    this.#functions.clear();
    this.thrown = undefined;
  }

  print(text: number, length: number): number {
    return this.#guard((context) => {
      this.#options.onPrint(context.bridge.text(text, length));
      return 0;
    });
  }

  call(id: number, argumentCount: number): number {
    return this.#guard((context) => {
      const body = this.#functions.get(id);
      if (body === undefined) throw new Error(`Lua function ${id} is unknown`);
      return pushResults(context.bridge, body(context.bridge.readSlots(argumentCount)));
    });
  }

  object(operation: number, id: number, argumentCount: number): number {
    return this.#guard((context) => operate(context, operation, id, argumentCount));
  }

  collected(kind: number, id: number): void {
    if (kind === collectedKinds.function) this.#functions.delete(id);
    else this.#context?.objects.collected(id);
  }

  require(name: number, length: number): number {
    return this.#guard(({ bridge }) => {
      const module = this.#options.resolveModule(bridge.text(name, length));
      if (module === undefined) return 0;
      bridge.push(module.source);
      bridge.push(chunkNameForLua(module.chunkName));
      return 1;
    });
  }

  budget(): number {
    return this.#guard(() => {
      this.onBudget();
      return 0;
    });
  }

  describe(id: number): number {
    return this.#guard(({ bridge, objects }) => {
      bridge.push(this.describeObject(objects.get(id)));
      return 1;
    });
  }

  restore(text: number, length: number): number {
    return this.#guard(({ bridge }) => {
      bridge.push(this.restoreObject(bridge.text(text, length)));
      return 1;
    });
  }

  #guard(body: (context: CallbackContext) => number): number {
    const context = this.#context;
    if (context === undefined) throw new Error("the Lua VM is not ready");
    try {
      return body(context);
    } catch (error) {
      if (error === context.wasm.unwind) throw error;
      const message = messageOf(error);
      this.thrown = { message, error };
      context.bridge.reserve(1);
      context.bridge.push(message);
      return -1;
    }
  }
}

/** A plain name is taken for a file's, so that positions read `name:line:`; `@` and `=` keep their meaning. */
export function chunkNameForLua(name: string): string {
  return name.startsWith("@") || name.startsWith("=") ? name : `@${name}`;
}

function unavailable(): never {
  throw new Error("objects can be stored and restored only by serialize and deserialize");
}

function messageOf(error: unknown): string {
  if (isStackOverflow(error)) return "stack overflow";
  return error instanceof Error ? error.message : String(error);
}

function pushResults(bridge: ValueBridge, results: LuaValue[] | LuaValue): number {
  if (!Array.isArray(results)) {
    bridge.push(results);
    return 1;
  }
  bridge.reserve(results.length);
  for (const result of results) bridge.push(result);
  return results.length;
}

function operate(
  { wasm, bridge, objects }: CallbackContext,
  operation: number,
  id: number,
  count: number,
): number {
  const { objectClass, handle } = objects.get(id);
  const args = bridge.readSlots(count);
  switch (operation) {
    case objectOperations.get:
      return pushResults(bridge, [objectClass.get(handle, args[0])]);
    case objectOperations.set:
      objectClass.set(handle, args[0], args[1]);
      return 0;
    case objectOperations.length:
      return pushResults(bridge, [objectClass.length?.(handle)]);
    case objectOperations.call:
      return pushResults(bridge, objectClass.call?.(handle, args) ?? []);
    case objectOperations.text:
      return pushResults(bridge, [objectClass.text?.(handle) ?? `${objectClass.name}: ${id}`]);
    case objectOperations.pairs:
      return pushEntries(wasm, bridge, objectClass.entries?.(handle) ?? []);
    default:
      throw new Error(`object operation ${operation} is unknown`);
  }
}

/** A list of alternating keys and values, then the number of entries. */
function pushEntries(wasm: LuaWasm, bridge: ValueBridge, entries: [LuaValue, LuaValue][]): number {
  wasm.exports.push_table(entries.length * 2, 0);
  let index = 0;
  for (const entry of entries) {
    for (const value of entry) {
      bridge.push(value);
      wasm.exports.set_index(++index);
    }
  }
  bridge.push(entries.length);
  return 2;
}
