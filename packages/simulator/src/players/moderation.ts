import type { Game } from "../server/game.js";

/** Each function gives the reply to the caller, or undefined when the game answers nothing. */

export function promotePlayer(game: Game, name: string, by: string): string | undefined {
  const player = game.world.findPlayer(name);
  const isNew = game.lists.admins.add(name);
  if (player?.connected) {
    if (!isNew) return `${player.name} is already an admin.`;
    game.chat.announce("PROMOTE", `${player.name} was promoted to admin by ${by}.`);
    game.script.current.raise("on_player_promoted", { player_index: player.index });
    return undefined;
  }
  if (!isNew) return `${name} is already in the admin list and will be promoted upon joining the game.`;
  const text = `${name} was added to the admin list by ${by} and will be promoted upon joining the game.`;
  game.chat.announce("PROMOTE", text);
  if (player) game.script.current.raise("on_player_promoted", { player_index: player.index });
  return text;
}

export function demotePlayer(game: Game, name: string, by: string): string | undefined {
  const player = game.world.findPlayer(name);
  const wasAdmin = game.lists.admins.remove(name);
  if (player?.connected) {
    if (!wasAdmin) return `${player.name} is not an admin.`;
    game.chat.announce("DEMOTE", `${player.name} was demoted from admin by ${by}.`);
    game.script.current.raise("on_player_demoted", { player_index: player.index });
    return undefined;
  }
  if (!wasAdmin) return `${name} is not in the admin list.`;
  const text = `${name} was removed from the admin list by ${by} and will no longer be promoted upon joining the game.`;
  game.chat.announce("DEMOTE", text);
  if (player) game.script.current.raise("on_player_demoted", { player_index: player.index });
  return text;
}

export function kickPlayer(game: Game, name: string, by: string, reason: string): string | undefined {
  const player = game.world.findPlayer(name);
  if (!player) return `Player ${name} doesn't exist.`;
  if (!player.connected) return `${player.name} isn't online.`;
  game.chat.announce("KICK", `${player.name} was kicked by ${by}. Reason: ${reasonText(reason)}.`);
  game.presence.remove(player, "kicked");
  game.script.current.raise("on_player_kicked", {
    player_index: player.index,
    by_player: game.world.findPlayer(by)?.index,
    reason: reasonText(reason),
  });
  return undefined;
}

/** Success is silent for the caller, as in the game; everyone sees the line. */
export function banPlayer(game: Game, name: string, by: string, reason: string): string | undefined {
  if (name === "") return "Player  doesn't exist.";
  if (!game.lists.bans.add(name, reason)) return `${name} is already banned.`;
  const player = game.world.findPlayer(name);
  const who = player ? player.name : `${name} (not on map)`;
  game.chat.announce("BAN", `${who} was banned by ${by}. Reason: ${reasonText(reason)}.`);
  if (player?.connected) game.presence.remove(player, "banned");
  game.script.current.raise("on_player_banned", {
    player_index: player?.index,
    player_name: player?.name ?? name,
    by_player: game.world.findPlayer(by)?.index,
    reason: reasonText(reason),
  });
  return undefined;
}

/** False when nobody of that name was banned. */
export function unbanPlayer(game: Game, name: string, by: string): boolean {
  const banned = game.lists.bans.remove(name);
  if (banned === undefined) return false;
  game.chat.announce("UNBANNED", `${banned} was unbanned by ${by}.`);
  game.script.current.raise("on_player_unbanned", {
    player_index: game.world.findPlayer(name)?.index,
    player_name: banned,
    by_player: game.world.findPlayer(by)?.index,
    reason: "",
  });
  return true;
}

function reasonText(reason: string): string {
  return reason === "" ? "unspecified" : reason;
}
