import { renderLocalised } from "../script/localised-string.js";
import type { ApiClass, Singleton } from "./api-class.js";

/** `rcon`: answers the RCON command that is running; does nothing for anybody else. */
export const LUA_RCON: ApiClass<Singleton> = {
  name: "LuaRCON",
  methods: {
    print: (_, args, api) => {
      const text = renderLocalised(args.localised(0, "message"));
      if (api.commandSource?.kind === "rcon") api.commandSource.reply(text);
    },
  },
  describe: () => "rcon",
  restore: () => undefined,
};
