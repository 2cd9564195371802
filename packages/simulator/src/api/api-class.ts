import type { LuaObjectClass, LuaValue } from "../lua/types.js";
import type { Api } from "./api.js";
import { Arguments } from "./arguments.js";

/** The target of classes that have one object only, like `script` and `game`. */
export interface Singleton {
  readonly isSingleton: true;
}

/** One attribute; without `write` it is read only. */
export interface Attribute<T> {
  read: (target: T, api: Api) => LuaValue;
  write?: (target: T, value: LuaValue, api: Api) => void;
}

/** A method is called as `object.name(...)`, without self, as in the game. */
export type Method<T> = (target: T, args: Arguments, api: Api) => LuaValue | LuaValue[] | void;

/**
 * A class of the runtime API. To add one: write such a value in its own file, add it to `classes.ts`, and hand out
 * objects with `api.object(CLASS, target)`.
 */
export interface ApiClass<T extends object> {
  /** As `object_name` and error texts give it. */
  name: string;
  attributes?: Readonly<Record<string, Attribute<T>>>;
  methods?: Readonly<Record<string, Method<T>>>;
  /** Absent: always valid. Any access but `valid` and `object_name` to an invalid object is an error. */
  isValid?: (target: T, api: Api) => boolean;
  /** Names of the real API that are not simulated (yet); reading one says so. */
  notSimulated?: readonly string[];
  /** Keys that are neither attributes nor methods, for tables. Undefined means nil. */
  index?: (target: T, key: LuaValue, api: Api) => LuaValue;
  length?: (target: T, api: Api) => number;
  entries?: (target: T, api: Api) => [LuaValue, LuaValue][];
  /** A text from which `restore` finds the target again in a saved storage. */
  describe: (target: T) => string;
  restore: (text: string, api: Api) => T | undefined;
}

/** Makes the VM's view of a class, with the game's error texts (facts §7.2). */
export function bindClass<T extends object>(definition: ApiClass<T>, api: Api): LuaObjectClass {
  // Methods are values that a script may keep, so each object has one function per method.
  const functions = new WeakMap<object, Map<string, LuaValue>>();
  const methodOf = (target: T, name: string, method: Method<T>): LuaValue => {
    const known = functions.get(target) ?? new Map<string, LuaValue>();
    functions.set(target, known);
    const existing = known.get(name);
    if (existing !== undefined) return existing;
    const made = api.vm.newFunction(
      name,
      (values) => method(target, new Arguments(values, name), api) ?? [undefined],
    );
    known.set(name, made);
    return made;
  };
  const check = (target: T): void => {
    if (definition.isValid && !definition.isValid(target, api)) {
      throw new Error(`${definition.name} API call when ${definition.name} was invalid.`);
    }
  };
  return {
    name: definition.name,
    get(handle, key) {
      const target = handle as T;
      if (key === "valid") return definition.isValid?.(target, api) ?? true;
      if (key === "object_name") return definition.name;
      check(target);
      const name = typeof key === "string" ? key : "";
      const attribute = ownMember(definition.attributes, name);
      if (attribute) return attribute.read(target, api);
      const method = ownMember(definition.methods, name);
      if (method) return methodOf(target, name, method);
      if (definition.index) return definition.index(target, key, api);
      if (definition.notSimulated?.includes(name))
        throw new Error(`Switchyard simulator: ${definition.name}.${name} is not simulated.`);
      throw new Error(`${definition.name} doesn't contain key ${keyText(key)}.`);
    },
    set(handle, key, value) {
      const target = handle as T;
      check(target);
      const name = typeof key === "string" ? key : "";
      const attribute = ownMember(definition.attributes, name);
      if (attribute?.write) return attribute.write(target, value, api);
      if (attribute || ownMember(definition.methods, name))
        throw new Error(`${definition.name}::${name} is read only.`);
      throw new Error(`${definition.name} doesn't contain key ${keyText(key)}.`);
    },
    ...(definition.length && { length: (handle: unknown) => definition.length?.(handle as T, api) ?? 0 }),
    ...(definition.entries && { entries: (handle: unknown) => definition.entries?.(handle as T, api) ?? [] }),
  };
}

function ownMember<V>(members: Readonly<Record<string, V>> | undefined, name: string): V | undefined {
  return members && Object.hasOwn(members, name) ? members[name] : undefined;
}

function keyText(key: LuaValue): string {
  return typeof key === "string" || typeof key === "number" || typeof key === "boolean"
    ? String(key)
    : typeof key;
}
