import { renderLocalised } from "../script/localised-string.js";
import type { ApiClass } from "./api-class.js";

export interface Surface {
  index: number;
  name: string;
}

export const SURFACES: readonly [Surface] = [{ index: 1, name: "nauvis" }];

export function surfaceByName(name: string): Surface {
  return SURFACES.find((surface) => surface.name === name) ?? SURFACES[0];
}

/** A surface without terrain; tiles, chunks and entities are not simulated yet. */
export const LUA_SURFACE: ApiClass<Surface> = {
  name: "LuaSurface",
  attributes: {
    name: { read: (surface) => surface.name },
    index: { read: (surface) => surface.index },
    always_day: {
      read: (_, api) => api.game.world.alwaysDay,
      write: (_, value, api) => {
        api.game.world.alwaysDay = value === true;
      },
    },
  },
  methods: {
    print: (surface, args, api) => {
      const players = api.game.world.connectedPlayers().filter((player) => player.surface === surface.name);
      api.game.views.show(players, renderLocalised(args.localised(0, "message")));
    },
  },
  notSimulated: [
    "create_entity",
    "find_entities_filtered",
    "find_entities",
    "get_tile",
    "set_tiles",
    "get_chunks",
    "map_gen_settings",
    "planet",
  ],
  describe: (surface) => surface.name,
  restore: (text) => SURFACES.find((surface) => surface.name === text),
};
