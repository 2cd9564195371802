import type { PlayerState } from "../world/player-state.js";
import { demotePlayer, promotePlayer } from "../players/moderation.js";
import { SERVER_NAME } from "../console/command-source.js";
import { renderLocalised } from "../script/localised-string.js";
import type { ApiClass } from "./api-class.js";
import { forceByName, LUA_FORCE } from "./lua-force.js";
import { LUA_SURFACE, surfaceByName } from "./lua-surface.js";
import { colorOf, colorValue, positionOf } from "./concepts.js";
import { stringOf } from "./arguments.js";

/** A player of the map. The handle is the player's state itself. */
export const LUA_PLAYER: ApiClass<PlayerState> = {
  name: "LuaPlayer",
  isValid: (player, api) => api.game.world.players.includes(player),
  attributes: {
    index: { read: (player) => player.index },
    name: { read: (player) => player.name },
    connected: { read: (player) => player.connected },
    admin: {
      read: (player, api) => api.game.lists.admins.has(player.name),
      write: (player, value, api) => {
        if (value === api.game.lists.admins.has(player.name)) return;
        const change = value === true ? promotePlayer : demotePlayer;
        change(api.game, player.name, SERVER_NAME);
      },
    },
    force: {
      read: (player, api) => api.object(LUA_FORCE, forceByName(player.force)),
      write: (player, value) => {
        player.force = forceByName(stringOf(value) ?? "player").name;
      },
    },
    surface: { read: (player, api) => api.object(LUA_SURFACE, surfaceByName(player.surface)) },
    surface_index: { read: () => 1 },
    force_index: { read: (player) => forceByName(player.force).index },
    position: { read: (player, api) => api.value({ x: player.position.x, y: player.position.y }) },
    online_time: { read: (player) => player.onlineTime },
    last_online: { read: (player, api) => (player.connected ? api.game.world.tick : player.lastOnline) },
    afk_time: { read: (player, api) => Math.max(0, api.game.world.tick - player.lastActive) },
    color: {
      read: (player, api) => colorValue(player.color, api),
      write: (player, value) => {
        player.color = colorOf(value);
      },
    },
    chat_color: {
      read: (player, api) => colorValue(player.chatColor, api),
      write: (player, value) => {
        player.chatColor = colorOf(value);
      },
    },
    tag: {
      read: (player) => player.tag,
      write: (player, value) => {
        player.tag = stringOf(value) ?? "";
      },
    },
    locale: { read: () => "en" },
    spectator: { read: () => false },
    // Nobody has a body yet; real players without one (just joined, spectating) read the same.
    character: { read: () => undefined },
  },
  methods: {
    print: (player, args, api) => {
      if (player.connected) api.game.views.show([player], renderLocalised(args.localised(0, "message")));
    },
    teleport: (player, args) => {
      player.position = positionOf(args.required(0, "position"));
      return true;
    },
    is_player: () => true,
  },
  notSimulated: [
    "gui",
    "get_inventory",
    "get_main_inventory",
    "insert",
    "controller_type",
    "set_controller",
    "create_character",
  ],
  describe: (player) => String(player.index),
  restore: (text, api) => api.game.world.players[Number(text) - 1],
};
