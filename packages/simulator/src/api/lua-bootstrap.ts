import { EventRegistry } from "../script/event-registry.js";
import { raiseInLua } from "../script/raise.js";
import type { LuaFunctionRef, LuaValue } from "../lua/types.js";
import type { Api } from "./api.js";
import type { ApiClass, Singleton } from "./api-class.js";
import { isFunction, isTable, stringOf, type Arguments } from "./arguments.js";

export const LUA_BOOTSTRAP: ApiClass<Singleton> = {
  name: "LuaBootstrap",
  attributes: {
    mod_name: { read: () => "level" },
    active_mods: { read: (_, api) => api.value({ ...api.game.mods }) },
    level: {
      read: (_, api) =>
        api.value({
          is_simulation: false,
          level_name: "freeplay",
          mod_name: "base",
          campaign_name: undefined,
        }),
    },
    feature_flags: { read: (_, api) => featureFlags(api) },
  },
  methods: {
    on_init: (_, args, api) => {
      api.handlers.onInit = args.optionalFunction(0, "handler");
    },
    on_load: (_, args, api) => {
      api.handlers.onLoad = args.optionalFunction(0, "handler");
    },
    on_configuration_changed: (_, args, api) => {
      api.handlers.onConfigurationChanged = args.optionalFunction(0, "handler");
    },
    on_event: (_, args, api) => {
      const handler = args.optionalFunction(1, "handler");
      for (const event of eventArguments(args, api)) api.events.set(event, handler);
    },
    on_nth_tick: (_, args, api) => onNthTick(args, api),
    raise_event: (_, args, api) => raiseEvent(args, api),
    raise_console_chat: (_, args, api) => {
      const data = args.table(0, "data");
      const index = data.get("player_index");
      const player = typeof index === "number" ? api.game.world.players[index - 1] : undefined;
      api.game.chat.say(player, stringOf(data.get("message")) ?? "");
    },
    generate_event_name: (_, _args, api) => api.generateEventId(),
    get_event_handler: (_, args, api) => {
      const event = EventRegistry.idOf(args.required(0, "event"));
      return event === undefined ? undefined : api.events.get(event);
    },
    get_event_order: () => "",
    register_metatable: (_, args, api) => {
      const name = args.string(0, "name");
      if (api.metatables.has(name)) throw new Error(`Metatable with name ${name} already registered.`);
      api.metatables.set(name, args.table(1, "metatable"));
    },
  },
  notSimulated: [
    "register_on_object_destroyed",
    "register_on_entity_destroyed",
    "raise_script_built",
    "raise_script_destroy",
    "raise_script_revive",
  ],
  describe: () => "script",
  restore: () => undefined,
};

function eventArguments(args: Arguments, api: Api): (number | string)[] {
  const value = args.required(0, "event");
  const wanted = isTable(value) ? value.entries().map(([, event]) => event) : [value];
  return wanted.map((event) => knownEvent(event, api));
}

/** Names of built-in events are taken as their ids; other names belong to custom inputs, of which there are none. */
function knownEvent(event: LuaValue, api: Api): number | string {
  if (typeof event === "number" && Number.isInteger(event) && event >= 0) return event;
  const name = stringOf(event);
  const id = name === undefined ? undefined : api.events.builtIn.get(name);
  if (id === undefined) throw new Error(`Unknown event name: ${name ?? "?"}`);
  return id;
}

function onNthTick(args: Arguments, api: Api): void {
  const value = args.get(0);
  if (value === undefined) return api.events.clearNthTick();
  const handler = args.optionalFunction(1, "handler");
  const ticks = isTable(value) ? value.entries().map(([, tick]) => tick) : [value];
  for (const tick of ticks) {
    if (typeof tick !== "number" || !Number.isInteger(tick) || tick < 1)
      throw new Error("Tick must be a positive whole number.");
    api.events.setNthTick(tick, handler);
  }
}

function raiseEvent(args: Arguments, api: Api): void {
  const id = EventRegistry.idOf(args.required(0, "event"));
  if (id === undefined) throw args.wrongType(0, "number");
  if (typeof id === "number" && id < api.events.firstFreeId) {
    throw new Error(`Event ${api.events.label(id)} can't be raised through script.`);
  }
  const data = args.table(1, "data");
  const handler: LuaFunctionRef | undefined = api.events.get(id);
  if (handler && isFunction(handler)) raiseInLua(api, handler, id, data.entries());
}

function featureFlags(api: Api): LuaValue {
  const isOn = "space-age" in api.game.mods;
  const names = [
    "quality",
    "rail_bridges",
    "space_travel",
    "spoiling",
    "freezing",
    "segmented_units",
    "expansion_shaders",
  ];
  return api.value(Object.fromEntries(names.map((name) => [name, isOn])));
}
