import type { Game } from "../server/game.js";
import type { CommandSource } from "./command-source.js";

export interface CommandContext {
  game: Game;
  source: CommandSource;
  /** All built-in commands, for `/help`. */
  commands: readonly ConsoleCommand[];
}

/** One built-in console command. Replies carry no trailing line feed; the source adds it. */
export interface ConsoleCommand {
  /** The name and its short forms, lower case. */
  names: readonly [string, ...string[]];
  usage: string;
  help: string;
  adminOnly: boolean;
  run: (context: CommandContext, parameter: string) => void;
}

/** The first word and the rest, both trimmed. */
export function splitWord(text: string): [string, string] {
  const match = /^\s*(\S*)\s*([\s\S]*?)\s*$/.exec(text);
  return [match?.[1] ?? "", match?.[2] ?? ""];
}

/** `a, b and c`, as the game joins names. */
export function joinNames(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}
