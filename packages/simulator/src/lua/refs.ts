import type { LuaFunctionRef, LuaObjectClass, LuaObjectRef, LuaTableRef, LuaValue } from "./types.js";

/** The VM as references to its values need it. `id` is a key of Lua's registry. */
export interface RefOwner {
  getEntry(id: number, key: LuaValue): LuaValue;
  setEntry(id: number, key: LuaValue, value: LuaValue): void;
  tableLength(id: number): number;
  tableEntries(id: number): [LuaValue, LuaValue][];
  callFunction(id: number, args: LuaValue[]): LuaValue[];
  releaseRef(ref: LuaRef): void;
}

/** A value that is kept alive by an entry in Lua's registry. */
export abstract class LuaRef {
  #id: number | undefined;

  constructor(
    readonly owner: RefOwner,
    id: number,
  ) {
    this.#id = id;
  }

  get id(): number {
    if (this.#id === undefined) throw new Error("this Lua reference was released");
    return this.#id;
  }

  release(): void {
    if (this.#id === undefined) return;
    this.owner.releaseRef(this);
    this.#id = undefined;
  }
}

export class TableRef extends LuaRef implements LuaTableRef {
  readonly type = "table";

  get(key: LuaValue): LuaValue {
    return this.owner.getEntry(this.id, key);
  }

  set(key: LuaValue, value: LuaValue): void {
    this.owner.setEntry(this.id, key, value);
  }

  length(): number {
    return this.owner.tableLength(this.id);
  }

  entries(): [LuaValue, LuaValue][] {
    return this.owner.tableEntries(this.id);
  }
}

export class FunctionRef extends LuaRef implements LuaFunctionRef {
  readonly type = "function";

  call(...args: LuaValue[]): LuaValue[] {
    return this.owner.callFunction(this.id, args);
  }
}

/** Lives as long as anybody holds it; `id` names its present userdata, 0 before the first. */
export class ObjectRef implements LuaObjectRef {
  readonly type = "object";
  id = 0;

  constructor(
    readonly objectClass: LuaObjectClass,
    readonly handle: unknown,
  ) {}

  get className(): string {
    return this.objectClass.name;
  }
}
