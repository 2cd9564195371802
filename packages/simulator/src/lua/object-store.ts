import type { LuaWasm } from "./lua-wasm.js";
import { type ObjectRef } from "./refs.js";
import type { LuaObjectClass } from "./types.js";
import { classMembers } from "./wire.js";

/**
 * The objects whose userdata is alive. A userdata that Lua collects takes its entry along; an `ObjectRef` that
 * is still held gets a new userdata when it is next given to Lua, which no script can tell from the old one.
 */
export class ObjectStore {
  readonly #wasm: LuaWasm;
  readonly #byId = new Map<number, ObjectRef>();
  readonly #byClass = new Map<LuaObjectClass, { metatable: number; byHandle: Map<unknown, ObjectRef> }>();
  #lastId = 0;

  constructor(wasm: LuaWasm) {
    this.#wasm = wasm;
  }

  get size(): number {
    return this.#byId.size;
  }

  find(objectClass: LuaObjectClass, handle: unknown): ObjectRef | undefined {
    return this.#byClass.get(objectClass)?.byHandle.get(handle);
  }

  get(id: number): ObjectRef {
    const ref = this.#byId.get(id);
    if (ref === undefined) throw new Error(`Lua object ${id} is unknown`);
    return ref;
  }

  /** Pushes the one userdata of this class and handle. */
  push(ref: ObjectRef): void {
    const store = this.#storeOf(ref.objectClass);
    const current = store.byHandle.get(ref.handle) ?? ref;
    if (current.id !== 0 && this.#wasm.exports.push_object(current.id) === 1) return;
    const id = ++this.#lastId;
    current.id = id;
    this.#byId.set(id, current);
    store.byHandle.set(current.handle, current);
    try {
      this.#wasm.exports.push_new_object(id, store.metatable);
    } catch (error) {
      this.collected(id);
      throw error;
    }
  }

  /** The userdata with this id is gone. Runs inside of Lua's collector, thus must not call Lua. */
  collected(id: number): void {
    const ref = this.#byId.get(id);
    this.#byId.delete(id);
    if (ref?.id !== id) return;
    ref.id = 0;
    this.#byClass.get(ref.objectClass)?.byHandle.delete(ref.handle);
  }

  clear(): void {
    this.#byId.clear();
    this.#byClass.clear();
  }

  #storeOf(objectClass: LuaObjectClass): { metatable: number; byHandle: Map<unknown, ObjectRef> } {
    let store = this.#byClass.get(objectClass);
    if (store === undefined) {
      const members =
        (objectClass.length ? classMembers.length : 0) |
        (objectClass.entries ? classMembers.pairs : 0) |
        (objectClass.call ? classMembers.call : 0);
      store = { metatable: this.#wasm.exports.define_class(members), byHandle: new Map() };
      this.#byClass.set(objectClass, store);
    }
    return store;
  }
}
