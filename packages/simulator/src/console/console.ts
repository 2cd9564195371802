import type { Game } from "../server/game.js";
import { ADMIN_COMMANDS } from "./commands/admin.js";
import { CONFIG_COMMANDS } from "./commands/config.js";
import { HELP_COMMANDS } from "./commands/help.js";
import { INFO_COMMANDS } from "./commands/info.js";
import { LuaCommands } from "./commands/lua.js";
import { PLAYER_COMMANDS } from "./commands/players.js";
import { SAVING_COMMANDS } from "./commands/saving.js";
import type { CommandSource } from "./command-source.js";
import type { ConsoleCommand } from "./console-command.js";

/** Executes what is typed on stdin, sent over RCON or said by a player. Must run inside a tick. */
export class Console {
  private readonly commands = new Map<string, ConsoleCommand>();
  readonly list: readonly ConsoleCommand[];

  constructor(private readonly game: Game) {
    const lua = new LuaCommands(game);
    this.list = [
      ...PLAYER_COMMANDS,
      ...ADMIN_COMMANDS,
      ...INFO_COMMANDS,
      ...HELP_COMMANDS,
      ...SAVING_COMMANDS,
      ...CONFIG_COMMANDS,
      ...lua.commands(),
    ];
    for (const command of this.list) for (const name of command.names) this.commands.set(name, command);
  }

  execute(line: string, source: CommandSource): void {
    if (line === "") return;
    if (!line.startsWith("/")) return this.game.chat.say(source.player, line);
    const match = /^\/(\S*)(?:\s+([\s\S]*))?$/.exec(line);
    const name = match?.[1] ?? "";
    const parameter = match?.[2];
    const command = this.commands.get(name.toLowerCase());
    if (command) {
      if (command.adminOnly && source.player && !this.game.lists.admins.has(source.player.name)) {
        return source.reply(`Cannot run command (${name}) - you are not an admin.`);
      }
      command.run({ game: this.game, commands: this.list, source }, parameter ?? "");
    } else if (!this.game.script.current.runCustomCommand(name, parameter, source)) {
      return source.reply(unknownCommand(name, this.game.personality.isTwo));
    }
    this.game.script.current.raise("on_console_command", {
      player_index: source.player?.index,
      command: name,
      parameters: parameter ?? "",
    });
  }
}

function unknownCommand(name: string, isTwo: boolean): string {
  return `Unknown command "${name}"${isTwo ? ". Type" : " type"} /h or /help for more help about commands.`;
}
