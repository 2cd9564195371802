import type { Api, PlainValue } from "../api/api.js";

/** The numbers behind Lua's `defines` that the server itself uses. */
export interface Defines {
  /** Value of `defines.disconnect_reason[name]`. */
  disconnectReason(name: string): number;
}

const DISCONNECT_REASONS = [
  "quit",
  "dropped",
  "reconnect",
  "wrong_input",
  "desync_limit_reached",
  "cannot_keep_up",
  "afk",
  "kicked",
  "kicked_and_deleted",
  "banned",
  "switching_servers",
];
const CONTROLLERS = { ghost: 0, character: 1, god: 2, editor: 4, cutscene: 5, spectator: 6, remote: 7 };
const INVENTORIES = [
  "fuel",
  "burnt_result",
  "chest",
  "furnace_source",
  "furnace_result",
  "furnace_modules",
  "character_main",
  "character_guns",
  "character_ammo",
  "character_armor",
  "character_vehicle",
  "character_trash",
  "character_corpse",
  "god_main",
  "editor_main",
  "editor_guns",
  "editor_ammo",
  "editor_armor",
  "item_main",
  "car_trunk",
  "car_ammo",
  "cargo_wagon",
  "turret_ammo",
  "hub_main",
  "hub_trash",
];
const PRINT = {
  print_skip: ["never", "if_redundant", "if_visible"],
  print_sound: ["always", "never", "use_player_settings"],
};

export const DEFINES: Defines = {
  disconnectReason: (name) => Math.max(0, DISCONNECT_REASONS.indexOf(name)),
};

/** Lua's `defines`. Only the values behind the simulated API are there; numbers are the simulator's own. */
export function definesValue(api: Api): PlainValue {
  const directions =
    "north northnortheast northeast eastnortheast east eastsoutheast southeast southsoutheast south".split(
      " ",
    );
  return {
    events: Object.fromEntries(api.events.builtIn),
    disconnect_reason: numbered(DISCONNECT_REASONS),
    controllers: CONTROLLERS,
    inventory: numbered(INVENTORIES),
    direction: numbered([
      ...directions,
      "southsouthwest",
      "southwest",
      "westsouthwest",
      "west",
      "westnorthwest",
      "northwest",
      "northnorthwest",
    ]),
    print_skip: numbered(PRINT.print_skip),
    print_sound: numbered(PRINT.print_sound),
  };
}

function numbered(names: readonly string[]): { [key: string]: number } {
  return Object.fromEntries(names.map((name, value) => [name, value]));
}
