import type { Game } from "../../server/game.js";
import { nameOf, type CommandSource } from "../command-source.js";
import type { ConsoleCommand } from "../console-command.js";

/** `/c`, `/sc`, `/mc` and the achievements warning that swallows the first of them (facts §4.6). */
export class LuaCommands {
  /** The command that was warned about; the same one again goes through. */
  private warnedCommand: string | undefined;

  constructor(private readonly game: Game) {}

  commands(): ConsoleCommand[] {
    return [
      this.command(["command", "c"], "Executes a Lua command (if allowed).", (code, source) =>
        this.echoed(code, source),
      ),
      this.command(
        ["silent-command", "sc"],
        "Executes a Lua command (if allowed) without printing it to the console.",
        (code, source) => this.silent(code, source),
      ),
      this.command(
        ["measured-command", "mc"],
        "Executes a Lua command (if allowed) and measures time it took.",
        (code, source) => this.measured(code, source),
      ),
    ];
  }

  private command(
    names: ConsoleCommand["names"],
    help: string,
    run: (code: string, source: CommandSource) => void,
  ): ConsoleCommand {
    return {
      names,
      usage: "<command>",
      help,
      adminOnly: true,
      run: (context, code) => {
        if (this.isAllowed(code, context.source)) run(code, context.source);
      },
    };
  }

  /** True once the map has given up its achievements; before that the command must be repeated. */
  private isAllowed(code: string, source: CommandSource): boolean {
    if (this.game.world.consoleCommandUsed) return true;
    if (this.warnedCommand === code) {
      this.game.world.consoleCommandUsed = true;
      return true;
    }
    this.warnedCommand = code;
    const warning = this.game.personality.isTwo
      ? "Using Lua console commands will disable achievements. Please repeat the command to proceed."
      : "Using Lua console commands will disable achievements, please repeat the command to proceed.";
    if (!source.player) this.game.log.action("WARNING", warning);
    source.reply(warning);
    return false;
  }

  private echoed(code: string, source: CommandSource): void {
    this.game.chat.announce("COMMAND", `${nameOf(source)} (command): ${code}`);
    const error = this.game.script.current.runCode(code, source);
    if (error === undefined) return;
    // The error of an echoed command goes to the console; over RCON the reply stays empty.
    const text = `Cannot execute command. Error: ${error}`;
    if (source.player) source.reply(text);
    else this.game.log.dated(text);
  }

  private silent(code: string, source: CommandSource): void {
    const error = this.game.script.current.runCode(code, source);
    if (error !== undefined) source.reply(`Cannot execute command. Error: ${error}`);
  }

  private measured(code: string, source: CommandSource): void {
    const start = performance.now();
    const error = this.game.script.current.runCode(code, source);
    if (error !== undefined) return source.reply(`Cannot execute command. Error: ${error}`);
    source.reply(`Command execution duration: ${(performance.now() - start).toFixed(6)}ms`);
  }
}
