import type {
  LuaFunctionRef,
  LuaObjectClass,
  LuaObjectRef,
  LuaTableRef,
  LuaValue,
  LuaVm,
} from "../lua/types.js";
import type { CommandSource } from "../console/command-source.js";
import type { EventRegistry } from "../script/event-registry.js";
import type { LuaUdp } from "../script/lua-udp.js";
import type { Game } from "../server/game.js";
import { bindClass, type ApiClass } from "./api-class.js";

/** What a script registered for its life cycle; each registration replaces the one before. */
export interface LifeCycleHandlers {
  onInit: LuaFunctionRef | undefined;
  onLoad: LuaFunctionRef | undefined;
  onConfigurationChanged: LuaFunctionRef | undefined;
}

/** A command that a script added with `commands.add_command`. */
export interface CustomCommand {
  name: string;
  help: LuaValue;
  run: LuaFunctionRef;
}

export type PlainValue = LuaValue | PlainValue[] | { [key: string]: PlainValue };

/** Everything the API's classes share; one per level script. */
export class Api {
  readonly handlers: LifeCycleHandlers = {
    onInit: undefined,
    onLoad: undefined,
    onConfigurationChanged: undefined,
  };
  readonly customCommands = new Map<string, CustomCommand>();
  readonly interfaces = new Map<string, Map<string, LuaFunctionRef>>();
  readonly metatables = new Map<string, LuaTableRef>();
  /** Who entered the console command that is running now, if one is. */
  commandSource: CommandSource | undefined;
  /** False while control.lua is read and in on_load, where `game` does not exist. */
  isGameAvailable = false;
  private readonly bound = new Map<string, LuaObjectClass>();
  private readonly definitions = new Map<string, ApiClass<object>>();
  private nextEventId: number;

  constructor(
    readonly vm: LuaVm,
    readonly game: Game,
    readonly events: EventRegistry,
    readonly udp: LuaUdp,
  ) {
    this.nextEventId = events.firstFreeId;
  }

  /** The one userdata that stands for this target. */
  object<T extends object>(definition: ApiClass<T>, target: T): LuaObjectRef {
    let bound = this.bound.get(definition.name);
    if (!bound) {
      bound = bindClass(definition, this);
      this.bound.set(definition.name, bound);
      this.definitions.set(definition.name, definition as unknown as ApiClass<object>);
    }
    return this.vm.newObject(bound, target);
  }

  /** As `object`, for classes that give out objects of each other and so cannot import each other. */
  objectOf(className: string, target: object): LuaObjectRef {
    const definition = this.definitions.get(className);
    if (!definition) throw new Error(`The class ${className} was not declared`);
    return this.object(definition, target);
  }

  /** Makes a class known, so that objects of it can be restored from a save before any was handed out. */
  declare(definition: ApiClass<object>): void {
    if (!this.definitions.has(definition.name)) this.definitions.set(definition.name, definition);
  }

  /** Plain values, arrays and records as Lua values; undefined fields are left out. */
  value(plain: PlainValue): LuaValue {
    if (typeof plain !== "object" || plain instanceof Uint8Array || isReference(plain)) return plain;
    if (Array.isArray(plain)) {
      return this.vm.newTable(
        plain.map((item, index): [LuaValue, LuaValue] => [index + 1, this.value(item)]),
      );
    }
    const entries = Object.entries(plain).filter(([, item]) => item !== undefined);
    return this.vm.newTable(entries.map(([key, item]): [LuaValue, LuaValue] => [key, this.value(item)]));
  }

  generateEventId(): number {
    return this.nextEventId++;
  }

  describeObject(reference: LuaObjectRef): string {
    const definition = this.definitions.get(reference.className);
    if (!definition) throw new Error(`${reference.className} cannot be saved.`);
    return `${reference.className}:${definition.describe(reference.handle as object)}`;
  }

  /** Nil for objects that no longer exist. */
  restoreObject(description: string): LuaValue {
    const at = description.indexOf(":");
    const definition = this.definitions.get(description.slice(0, at));
    const target = definition?.restore(description.slice(at + 1), this);
    return definition && target ? this.object(definition, target) : undefined;
  }
}

function isReference(value: object): value is LuaTableRef | LuaFunctionRef | LuaObjectRef {
  return "type" in value && ("release" in value || "handle" in value);
}
