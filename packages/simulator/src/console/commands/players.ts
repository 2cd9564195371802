import type { ConsoleCommand } from "../console-command.js";

/** Lists of players (facts §5, facts-2 §4). */
export const PLAYER_COMMANDS: readonly ConsoleCommand[] = [
  {
    names: ["players", "p"],
    usage: "[online/o/count/c]",
    help: "Prints a list of players in the game (parameter online/o to print only players that are online, count/c to print only count).",
    adminOnly: false,
    run: ({ game, source }, parameter) => {
      const words = parameter.split(/\s+/);
      const isOnline = words.includes("online") || words.includes("o");
      const players = isOnline ? game.world.connectedPlayers() : game.world.players;
      const lines = [`${isOnline ? "Online players" : "Players"} (${players.length}):`];
      if (!words.includes("count") && !words.includes("c")) {
        for (const player of players) lines.push(`  ${player.name}${player.connected ? " (online)" : ""}`);
      }
      source.reply(lines.join("\n"));
    },
  },
  {
    names: ["admins"],
    usage: "",
    help: "Prints a list of game admins.",
    adminOnly: false,
    run: ({ game, source }) => {
      const lines = game.lists.admins
        .names()
        .map((name) => `  ${name}${game.world.findPlayer(name)?.connected ? " (online)" : ""}`);
      if (lines.length > 0) source.reply(lines.join("\n"));
    },
  },
];
