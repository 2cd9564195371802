import type { CommandContext, ConsoleCommand } from "../console-command.js";

export const SAVING_COMMANDS: readonly ConsoleCommand[] = [
  {
    names: ["server-save", "save"],
    usage: "[save name]",
    help: "Saves the game on the server in a multiplayer game (parameter to specify the save name).",
    adminOnly: true,
    run: saveGame,
  },
  {
    names: ["quit"],
    usage: "",
    help: "Saves the game and closes the server.",
    adminOnly: true,
    run: ({ game }) => game.requestStop({ kind: "quit" }),
  },
];

function saveGame({ game, source }: CommandContext, parameter: string): void {
  const name = parameter.trim();
  if (game.saver.isSaving) return source.reply("Cannot save because a save is already in progress.");
  if (/[\\/]|^\.|^_autosave/.test(name))
    return source.reply(`Cannot save map: ${name} is not a valid save name.`);
  const path = name === "" ? game.saver.defaultPath : game.saver.pathOf(name);
  if (path === undefined)
    return game.log.engine("Can't save to default location: Default location not known");
  game.loop.block(game.saver.saveGame(path));
  source.reply(`Game has been saved to ${path}.`);
}
