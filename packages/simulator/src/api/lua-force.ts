import { renderLocalised } from "../script/localised-string.js";
import type { ApiClass } from "./api-class.js";

/** The three forces of every map; more cannot be made yet. */
export interface Force {
  index: number;
  name: string;
}

export const FORCES: readonly [Force, Force, Force] = [
  { index: 1, name: "player" },
  { index: 2, name: "enemy" },
  { index: 3, name: "neutral" },
];

export function forceByName(name: string): Force {
  return FORCES.find((force) => force.name === name) ?? FORCES[0];
}

export const LUA_FORCE: ApiClass<Force> = {
  name: "LuaForce",
  attributes: {
    name: { read: (force) => force.name },
    index: { read: (force) => force.index },
    research_enabled: { read: (force, api) => !api.game.world.forcesWithoutResearch.has(force.name) },
    players: {
      read: (force, api) => {
        const players = api.game.world.players.filter((player) => player.force === force.name);
        return api.value(players.map((player) => api.objectOf("LuaPlayer", player)));
      },
    },
    connected_players: {
      read: (force, api) => {
        const players = api.game.world.connectedPlayers().filter((player) => player.force === force.name);
        return api.value(players.map((player) => api.objectOf("LuaPlayer", player)));
      },
    },
  },
  methods: {
    enable_research: (force, _args, api) => {
      api.game.world.forcesWithoutResearch.delete(force.name);
    },
    disable_research: (force, _args, api) => {
      api.game.world.forcesWithoutResearch.add(force.name);
    },
    print: (force, args, api) => {
      const players = api.game.world.connectedPlayers().filter((player) => player.force === force.name);
      api.game.views.show(players, renderLocalised(args.localised(0, "message")));
    },
  },
  notSimulated: [
    "technologies",
    "recipes",
    "current_research",
    "research_queue",
    "chart",
    "get_spawn_position",
    "evolution_factor",
  ],
  describe: (force) => force.name,
  restore: (text) => FORCES.find((force) => force.name === text),
};
