import type { LuaWasm } from "./lua-wasm.js";
import type { ObjectStore } from "./object-store.js";
import { FunctionRef, LuaRef, ObjectRef, TableRef, type RefOwner } from "./refs.js";
import type { LuaValue } from "./types.js";
import { slotSizeBytes, slotTypes } from "./wire.js";

/** Up to this length a loop over the characters is faster than a call into the runtime. */
const shortText = 24;

/** Size of the scratch place that never moves; see lua-vm/glue/state.c. */
const smallScratchBytes = 4096;

/** Moves values between JavaScript and the stack and slots of the WebAssembly module. */
export class ValueBridge {
  readonly #wasm: LuaWasm;
  readonly #objects: ObjectStore;
  readonly #owner: RefOwner;
  readonly #scratch: number;
  #openRefs = 0;
  #collectedRefs = new FinalizationRegistry<number>((id) => this.#unref(id));

  constructor(wasm: LuaWasm, objects: ObjectStore, owner: RefOwner) {
    this.#wasm = wasm;
    this.#objects = objects;
    this.#owner = owner;
    this.#scratch = wasm.exports.scratch(0);
  }

  /** References that were neither released nor collected. */
  get openRefs(): number {
    return this.#openRefs;
  }

  push(value: LuaValue): void {
    const lua = this.#wasm.exports;
    switch (typeof value) {
      case "undefined":
        return lua.push_nil();
      case "boolean":
        return lua.push_boolean(value ? 1 : 0);
      case "number":
        return lua.push_number(value);
      case "string":
        return this.#pushText(value);
      default:
        return this.#pushObject(value);
    }
  }

  /** Makes room on Lua's stack for this many values and some more. */
  reserve(count: number): void {
    if (this.#wasm.exports.reserve(count + 10) === 0) throw new Error("stack overflow (too many values)");
  }

  /** The first `count` slots as values. The bytes of strings must still be where the slots say. */
  readSlots(count: number): LuaValue[] {
    const values = new Array<LuaValue>(count);
    const base = this.#wasm.exports.slots();
    for (let i = 0; i < count; i++) values[i] = this.readSlot(base + i * slotSizeBytes);
    return values;
  }

  readSlot(address: number): LuaValue {
    const { int32, float64 } = this.#wasm;
    const type = int32[address >>> 2];
    const payload = int32[(address + 8) >>> 2] as number;
    switch (type) {
      case slotTypes.nil:
        return undefined;
      case slotTypes.false:
        return false;
      case slotTypes.true:
        return true;
      case slotTypes.number:
        return float64[(address + 8) >>> 3];
      case slotTypes.ascii:
      case slotTypes.utf8:
      case slotTypes.bytes:
        return this.#readText(type, payload >>> 0, (int32[(address + 4) >>> 2] as number) >>> 0);
      case slotTypes.table:
        return this.adoptTable(payload);
      case slotTypes.function:
        return this.adoptFunction(payload);
      case slotTypes.object:
        return this.#objects.get(payload);
      default:
        throw new Error("this Lua value can't leave Lua");
    }
  }

  adoptTable(id: number): TableRef {
    return this.#adopt(new TableRef(this.#owner, id), id);
  }

  adoptFunction(id: number): FunctionRef {
    return this.#adopt(new FunctionRef(this.#owner, id), id);
  }

  release(ref: LuaRef): void {
    this.#collectedRefs.unregister(ref);
    this.#unref(ref.id);
  }

  /** Text at an address; bytes that are not UTF-8 as Latin-1. */
  text(pointer: number, length: number): string {
    const bytes = this.#wasm.bytes.subarray(pointer >>> 0, (pointer >>> 0) + length);
    const text = bytes.toString("utf8");
    return text.includes("\ufffd") && !Buffer.from(text).equals(bytes) ? bytes.toString("latin1") : text;
  }

  /** Copies bytes or text to a place that the module can read until the next copy. */
  copyIn(content: string | Uint8Array): { pointer: number; length: number } {
    const capacity = typeof content === "string" ? content.length * 3 : content.length;
    const pointer = this.#room(capacity);
    if (typeof content === "string")
      return { pointer, length: this.#wasm.bytes.write(content, pointer, "utf8") };
    this.#wasm.bytes.set(content, pointer);
    return { pointer, length: content.length };
  }

  #room(sizeBytes: number): number {
    if (sizeBytes <= smallScratchBytes) return this.#scratch;
    const pointer = this.#wasm.exports.scratch(sizeBytes) >>> 0;
    if (pointer === 0) throw new Error("not enough memory");
    return pointer;
  }

  #adopt<Ref extends LuaRef>(ref: Ref, id: number): Ref {
    this.#openRefs++;
    this.#collectedRefs.register(ref, id, ref);
    return ref;
  }

  #unref(id: number): void {
    this.#openRefs--;
    this.#wasm.exports.unref(id);
  }

  #pushObject(value: LuaValue & object): void {
    if (value instanceof LuaRef) {
      if (value.owner !== this.#owner) throw new Error("this Lua reference belongs to another VM");
      this.#wasm.exports.push_ref(value.id);
    } else if (value instanceof ObjectRef) {
      this.#objects.push(value);
    } else if (value instanceof Uint8Array) {
      const { pointer, length } = this.copyIn(value);
      this.#wasm.exports.push_string(pointer, length);
    } else {
      throw new TypeError("only Lua values can be given to Lua");
    }
  }

  #pushText(text: string): void {
    const { bytes, exports } = this.#wasm;
    const length = text.length;
    if (length <= shortText) {
      const pointer = this.#scratch;
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) break;
        bytes[pointer + i] = code;
      }
      if (i === length) return exports.push_string(pointer, length);
    }
    const copy = this.copyIn(text);
    exports.push_string(copy.pointer, copy.length);
  }

  #readText(type: number, pointer: number, length: number): string | Uint8Array {
    const { bytes } = this.#wasm;
    const end = pointer + length;
    if (type === slotTypes.utf8) return bytes.toString("utf8", pointer, end);
    if (type === slotTypes.bytes) return new Uint8Array(bytes.subarray(pointer, end));
    if (length > shortText) return bytes.toString("latin1", pointer, end);
    let text = "";
    for (let i = pointer; i < end; i++) text += String.fromCharCode(bytes[i] as number);
    return text;
  }
}
