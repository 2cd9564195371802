import { renderLocalised } from "../script/localised-string.js";
import type { ApiClass, Singleton } from "./api-class.js";

/** `commands`. */
export const LUA_COMMAND_PROCESSOR: ApiClass<Singleton> = {
  name: "LuaCommandProcessor",
  attributes: {
    commands: {
      read: (_, api) =>
        api.value(
          Object.fromEntries([...api.customCommands.values()].map((command) => [command.name, command.help])),
        ),
    },
    game_commands: { read: (_, api) => api.value({}) },
  },
  methods: {
    add_command: (_, args, api) => {
      const name = args.string(0, "name");
      if (api.customCommands.has(name)) throw new Error(`Command "${name}" already exists.`);
      const help = args.required(1, "help");
      api.customCommands.set(name, { name, help: renderLocalised(help), run: args.function(2, "function") });
    },
    remove_command: (_, args, api) => api.customCommands.delete(args.string(0, "name")),
  },
  describe: () => "commands",
  restore: () => undefined,
};
