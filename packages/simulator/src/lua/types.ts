/**
 * The seam between the simulator and its Lua 5.2 virtual machine.
 *
 * Strings cross as UTF-8. Lua strings that are not valid UTF-8 reach JavaScript as `Uint8Array`, and a
 * `Uint8Array` given to Lua becomes a Lua string of exactly these bytes.
 */
export type LuaValue =
  undefined | boolean | number | string | Uint8Array | LuaTableRef | LuaFunctionRef | LuaObjectRef;

/** A table that lives in the VM. The VM keeps it alive until `release()`. */
export interface LuaTableRef {
  readonly type: "table";
  get(key: LuaValue): LuaValue;
  set(key: LuaValue, value: LuaValue): void;
  /** The border that Lua's `#` gives, without metamethods. */
  length(): number;
  /** Entries in the order that `pairs` walks them. */
  entries(): [LuaValue, LuaValue][];
  release(): void;
}

/** A function that lives in the VM, either a Lua closure or a JavaScript function made by `newFunction`. */
export interface LuaFunctionRef {
  readonly type: "function";
  /** Protected call with a traceback. Throws `LuaError`. */
  call(...args: LuaValue[]): LuaValue[];
  release(): void;
}

/** A userdata made by `newObject`; the same (class, handle) pair always gives the same userdata. */
export interface LuaObjectRef {
  readonly type: "object";
  readonly className: string;
  readonly handle: unknown;
}

/**
 * How Lua code sees a kind of JavaScript object (`LuaPlayer`, `LuaForce`, ...). Throwing inside any of these
 * raises a Lua error with the thrown message.
 */
export interface LuaObjectClass {
  readonly name: string;
  get(handle: unknown, key: LuaValue): LuaValue;
  set(handle: unknown, key: LuaValue, value: LuaValue): void;
  length?(handle: unknown): number;
  /** Gives `pairs(object)` its entries. Absent: pairs raises the usual error for a userdata. */
  entries?(handle: unknown): [LuaValue, LuaValue][];
  call?(handle: unknown, args: LuaValue[]): LuaValue[];
  /** What `tostring` gives. Absent: the class name and a number that is unique in the VM. */
  text?(handle: unknown): string;
}

export interface LuaVmOptions {
  /** Hard limit for the Lua heap; beyond it Lua raises "not enough memory". Default 512 MiB. */
  memoryLimitBytes?: number;
  /** Called with everything `print` writes, without the line feed. Raw bytes are kept as Latin-1 if not UTF-8. */
  onPrint: (text: string) => void;
  /** Resolves `require("x")`: the source and chunk name, or undefined when there is no such module. */
  resolveModule: (name: string) => { source: Uint8Array; chunkName: string } | undefined;
}

export interface LuaVm {
  readonly globals: LuaTableRef;
  newTable(entries?: Iterable<readonly [LuaValue, LuaValue]>): LuaTableRef;
  newFunction(name: string, body: (args: LuaValue[]) => LuaValue[] | LuaValue): LuaFunctionRef;
  newObject(objectClass: LuaObjectClass, handle: unknown): LuaObjectRef;
  /** Compiles a text chunk (binary chunks are refused). Throws `LuaError` with Lua's own syntax message. */
  load(source: string | Uint8Array, chunkName: string): LuaFunctionRef;
  /** `require` works only while this is true, as while control.lua is being parsed. */
  setRequireAllowed(allowed: boolean): void;
  /**
   * Persists a value with shared references and cycles kept. Functions throw `LuaError`
   * ("Can't serialize function ..."); objects are stored through `describeObject`.
   */
  serialize(value: LuaValue, describeObject: (object: LuaObjectRef) => string): Uint8Array;
  deserialize(bytes: Uint8Array, restoreObject: (description: string) => LuaValue): LuaValue;
  /** JSON in the game's own dialect: `{}` for an empty table, doubles as exact decimals, bare nan and inf. */
  tableToJson(value: LuaValue): string;
  /** The same, but bytes that are not UTF-8 survive: then the result is a `Uint8Array`. */
  tableToJsonValue(value: LuaValue): string | Uint8Array;
  /** Undefined for malformed text; JSON null members vanish. */
  jsonToTable(json: string | Uint8Array): LuaValue;
  /** Counts instructions from now; when the budget is used up `onBudget` is called once per `budget` more. */
  setInstructionHook(budget: number, onBudget: () => void): void;
  /** Starts the sequence of `math.random` anew; a VM starts with seed 0. `math.randomseed` has no effect. */
  seedRandom(seed: number): void;
  memoryUsedBytes(): number;
  /** A full collection, for tests and before measuring. */
  collectGarbage(): void;
  /** References not yet released, JavaScript functions and objects that Lua can still reach or has not collected. */
  liveCounts(): { refs: number; functions: number; objects: number };
  close(): void;
}

/** A Lua error: `message` as Lua gives it (with its position), `traceback` as `debug.traceback` prints it. */
export class LuaError extends Error {
  constructor(
    message: string,
    readonly traceback: string,
  ) {
    super(message);
    this.name = "LuaError";
  }
}
