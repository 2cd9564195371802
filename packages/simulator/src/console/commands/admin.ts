import { banPlayer, demotePlayer, kickPlayer, promotePlayer, unbanPlayer } from "../../players/moderation.js";
import { nameOf } from "../command-source.js";
import { joinNames, splitWord, type CommandContext, type ConsoleCommand } from "../console-command.js";

/** Admins, bans, whitelist; wording of facts §5 and facts-2 §3.5, §4. */
export const ADMIN_COMMANDS: readonly ConsoleCommand[] = [
  command(["promote"], "<player>", "Promotes the player to admin.", ({ game, source }, parameter) => {
    const reply = promotePlayer(game, splitWord(parameter)[0], nameOf(source));
    if (reply) source.reply(reply);
  }),
  command(["demote"], "<player>", "Demotes the player from admin.", ({ game, source }, parameter) => {
    const reply = demotePlayer(game, splitWord(parameter)[0], nameOf(source));
    if (reply) source.reply(reply);
  }),
  command(["kick"], "<player> <reason>", "Kicks the specified player.", ({ game, source }, parameter) => {
    const [name, reason] = splitWord(parameter);
    const reply = kickPlayer(game, name, nameOf(source), reason);
    if (reply) source.reply(reply);
  }),
  command(["ban"], "<player> <reason>", "Bans the specified player.", ({ game, source }, parameter) => {
    const [name, reason] = splitWord(parameter);
    const reply = banPlayer(game, name, nameOf(source), reason);
    if (reply) source.reply(reply);
  }),
  command(["unban"], "<player>", "Unbans the specified player.", ({ game, source }, parameter) => {
    const [name] = splitWord(parameter);
    if (!unbanPlayer(game, name, nameOf(source)))
      source.reply(`Cannot unban ${name} as the player is not banned.`);
  }),
  command(["bans"], "", "Prints a list of banned players.", ({ game, source }) => {
    source.reply(bannedNames(game.lists.bans.names(), "No players are banned."));
  }),
  command(
    ["banlist"],
    "<add/remove/get/clear> <player>",
    "Adds or removes a player from the banlist.",
    runBanlist,
  ),
  command(
    ["whitelist"],
    "<add/remove/get/clear/enable/disable> <player>",
    "Adds or removes a player from the whitelist.",
    runWhitelist,
  ),
];

function command(
  names: ConsoleCommand["names"],
  usage: string,
  help: string,
  run: ConsoleCommand["run"],
): ConsoleCommand {
  return { names, usage, help, adminOnly: true, run };
}

function bannedNames(names: readonly string[], empty: string): string {
  return names.length === 0 ? empty : `Banned players: ${joinNames(names)}`;
}

function runBanlist({ game, source }: CommandContext, parameter: string): void {
  const [action, rest] = splitWord(parameter);
  const [name, reason] = splitWord(rest);
  const { bans } = game.lists;
  if (action === "get" && name)
    return source.reply(`${name} is ${bans.has(name) ? "banned" : "not banned"}.`);
  if (action === "get") return source.reply(bannedNames(bans.names(), "The banlist is empty."));
  if (action === "clear") {
    for (const banned of bans.names()) unbanPlayer(game, banned, nameOf(source));
    return source.reply("The banlist has been cleared.");
  }
  if (action === "add" && name) {
    if (bans.has(name)) return source.reply(`${name} is already banned.`);
    banPlayer(game, name, nameOf(source), reason);
    return source.reply(`Added ${name} to the banlist.`);
  }
  if (action === "remove" && name) {
    const wasBanned = unbanPlayer(game, name, nameOf(source));
    return source.reply(wasBanned ? `Unbanned ${name}.` : `${name} wasn't banned.`);
  }
  source.reply("Usage: /banlist <add/remove/get/clear> <player>");
}

function runWhitelist({ game, source }: CommandContext, parameter: string): void {
  const [action, rest] = splitWord(parameter);
  const [name] = splitWord(rest);
  const { lists } = game;
  if (action === "get" && name)
    return source.reply(`${name} is ${lists.whitelist.has(name) ? "" : "not "}whitelisted.`);
  if (action === "get") {
    const names = lists.whitelist.names();
    return source.reply(
      names.length === 0 ? "The whitelist is empty." : `Whitelisted players: ${joinNames(names)}`,
    );
  }
  if (action === "enable" || action === "disable") {
    lists.useWhitelist = action === "enable";
    lists.whitelist.persistent = lists.useWhitelist;
    return source.reply(`The whitelist has been ${action}d.`);
  }
  if (action === "clear") {
    if (lists.whitelist.names().length === 0) return source.reply("The whitelist is already empty.");
    lists.whitelist.clear();
    lists.useWhitelist = false;
    return source.reply("The whitelist has been cleared and disabled.");
  }
  if (action === "add" && name) {
    return source.reply(
      lists.whitelist.add(name) ? `Added ${name} to the whitelist.` : `${name} is already whitelisted.`,
    );
  }
  if (action === "remove" && name) {
    return source.reply(
      lists.whitelist.remove(name)
        ? `Removed ${name} from the whitelist.`
        : `${name} wasn't in the whitelist.`,
    );
  }
  source.reply("Usage: /whitelist <add/remove/get/clear/enable/disable> <player>");
}
