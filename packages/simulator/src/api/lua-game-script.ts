import { banPlayer, kickPlayer, unbanPlayer } from "../players/moderation.js";
import { SERVER_NAME } from "../console/command-source.js";
import { renderLocalised } from "../script/localised-string.js";
import type { LuaValue } from "../lua/types.js";
import type { PlayerState } from "../world/player-state.js";
import type { Api } from "./api.js";
import type { ApiClass, Attribute, Method, Singleton } from "./api-class.js";
import { isObject, stringOf } from "./arguments.js";
import { LUA_CUSTOM_TABLE, emptyTable, type CustomTable } from "./lua-custom-table.js";
import { FORCES, LUA_FORCE } from "./lua-force.js";
import { dataMethods } from "./lua-helpers.js";
import { LUA_PLAYER } from "./lua-player.js";
import { LUA_SURFACE, SURFACES } from "./lua-surface.js";

const PLAYERS: CustomTable = {
  path: "game.players",
  get: (key, api) => playerValue(findPlayer(key, api), api),
  entries: (api) =>
    api.game.world.players.map((player): [LuaValue, LuaValue] => [player.index, playerValue(player, api)]),
};

const FORCE_TABLE: CustomTable = {
  path: "game.forces",
  get: (key, api) => {
    const force = FORCES.find((candidate) => candidate.name === key || candidate.index === key);
    return force && api.object(LUA_FORCE, force);
  },
  entries: (api) => FORCES.map((force): [LuaValue, LuaValue] => [force.name, api.object(LUA_FORCE, force)]),
};

const SURFACE_TABLE: CustomTable = {
  path: "game.surfaces",
  get: (key, api) => {
    const surface = SURFACES.find((candidate) => candidate.name === key || candidate.index === key);
    return surface && api.object(LUA_SURFACE, surface);
  },
  entries: (api) =>
    SURFACES.map((surface): [LuaValue, LuaValue] => [surface.name, api.object(LUA_SURFACE, surface)]),
};

const ATTRIBUTES: Record<string, Attribute<Singleton>> = {
  tick: { read: (_, api) => api.game.world.tick },
  ticks_played: { read: (_, api) => api.game.world.ticksPlayed },
  tick_paused: {
    read: (_, api) => api.game.world.tickPaused,
    write: (_, value, api) => {
      api.game.world.tickPaused = value === true;
    },
  },
  speed: {
    read: (_, api) => api.game.world.speed,
    write: (_, value, api) => {
      if (typeof value !== "number" || value < 0.01) throw new Error("Game speed must be at least 0.01.");
      api.game.world.speed = value;
    },
  },
  // Only a console command that a player entered has a player.
  player: { read: (_, api) => playerValue(api.commandSource?.player, api) },
  players: { read: (_, api) => api.object(LUA_CUSTOM_TABLE, PLAYERS) },
  connected_players: {
    read: (_, api) => api.value(api.game.world.connectedPlayers().map((player) => playerValue(player, api))),
  },
  forces: { read: (_, api) => api.object(LUA_CUSTOM_TABLE, FORCE_TABLE) },
  surfaces: { read: (_, api) => api.object(LUA_CUSTOM_TABLE, SURFACE_TABLE) },
  console_command_used: { read: (_, api) => api.game.world.consoleCommandUsed },
};

const METHODS: Record<string, Method<Singleton>> = {
  print: (_, args, api) => api.game.chat.showAll(renderLocalised(args.localised(0, "message"))),
  get_player: (_, args, api) => playerValue(findPlayer(args.required(0, "player"), api), api),
  get_surface: (_, args, api) => SURFACE_TABLE.get(args.required(0, "surface"), api),
  is_multiplayer: () => true,
  disable_replay: (_, _args, api) => {
    api.game.world.replayDisabled = true;
  },
  server_save: (_, args, api) => {
    const { saver, loop } = api.game;
    const name = args.optionalString(0, "name");
    const path = name === undefined ? saver.defaultPath : saver.pathOf(name);
    if (path !== undefined) laterThisTick(api, () => loop.block(saver.saveGame(path)));
  },
  auto_save: (_, args, api) => {
    const { saver, loop } = api.game;
    const name = args.optionalString(0, "name");
    laterThisTick(api, () =>
      loop.block(saver.saveGame(saver.pathOf(name === undefined ? "_autosave" : `_autosave-${name}`))),
    );
  },
  kick_player: (_, args, api) => {
    const player = requirePlayer(args.required(0, "player"), api);
    const error = kickPlayer(api.game, player.name, SERVER_NAME, args.optionalString(1, "reason") ?? "");
    if (error) throw new Error(error);
  },
  ban_player: (_, args, api) => {
    banPlayer(
      api.game,
      nameArgument(args.required(0, "player"), api),
      SERVER_NAME,
      args.optionalString(1, "reason") ?? "",
    );
  },
  unban_player: (_, args, api) => {
    unbanPlayer(api.game, nameArgument(args.required(0, "player"), api), SERVER_NAME);
  },
};

/** `game` of 2.0; 1.1 adds what later moved to `helpers` and `prototypes`. */
export function gameScriptClass(isTwo: boolean): ApiClass<Singleton> {
  const old: Record<string, Attribute<Singleton>> = {
    active_mods: { read: (_, api) => api.value({ ...api.game.mods }) },
  };
  for (const kind of [
    "item",
    "entity",
    "recipe",
    "fluid",
    "tile",
    "technology",
    "virtual_signal",
    "mod_setting",
    "equipment",
  ]) {
    const table = emptyTable(`game.${kind}_prototypes`);
    old[`${kind}_prototypes`] = { read: (_, api) => api.object(LUA_CUSTOM_TABLE, table) };
  }
  return {
    name: "LuaGameScript",
    attributes: isTwo ? ATTRIBUTES : { ...ATTRIBUTES, ...old },
    methods: isTwo ? METHODS : { ...METHODS, ...dataMethods<Singleton>() },
    notSimulated: [
      "permissions",
      "map_settings",
      "difficulty_settings",
      "default_map_gen_settings",
      "create_surface",
      "create_force",
      "create_inventory",
      "planets",
      "train_manager",
    ],
    describe: () => "game",
    restore: () => undefined,
  };
}

function playerValue(player: PlayerState | undefined, api: Api): LuaValue {
  return player && api.object(LUA_PLAYER, player);
}

function findPlayer(key: LuaValue, api: Api): PlayerState | undefined {
  if (typeof key === "number") return api.game.world.players[key - 1];
  if (isObject(key, LUA_PLAYER.name)) return key.handle as PlayerState;
  const name = stringOf(key);
  return name === undefined ? undefined : api.game.world.players.find((player) => player.name === name);
}

function requirePlayer(key: LuaValue, api: Api): PlayerState {
  const player = findPlayer(key, api);
  if (!player) throw new Error(`Player ${stringOf(key) ?? "?"} doesn't exist.`);
  return player;
}

/** Bans take names of players who never were here. */
function nameArgument(key: LuaValue, api: Api): string {
  return findPlayer(key, api)?.name ?? stringOf(key) ?? "";
}

/** Saving inside a handler would write a half-done tick. */
function laterThisTick(api: Api, run: () => void): void {
  api.game.loop.enqueue({ run, advancesTick: false });
}
