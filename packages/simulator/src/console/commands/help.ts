import type { ConsoleCommand } from "../console-command.js";

export const HELP_COMMANDS: readonly ConsoleCommand[] = [
  {
    names: ["help", "h"],
    usage: "[command]",
    help: "Prints a list of available commands, the optional argument can specify the command that should be described.",
    adminOnly: false,
    run: ({ game, source, commands }, parameter) => {
      const wanted = parameter.trim().replace(/^\//, "").toLowerCase();
      const custom = game.script.current.customCommands();
      if (wanted === "") {
        const names = [
          ...commands.map((command) => command.names[0]),
          ...custom.map((command) => command.name),
        ];
        return source.reply(
          ["Available commands are:", ...names.sort().map((name) => `  /${name}`)].join("\n"),
        );
      }
      const builtIn = commands.find((command) => command.names.some((name) => name === wanted));
      if (builtIn) return source.reply(`${wanted} ${builtIn.usage} - ${builtIn.help}`);
      const added = custom.find((command) => command.name === wanted);
      source.reply(added ? `${added.name} - ${added.help}` : `Unknown command ${wanted}`);
    },
  },
];
