const SCRIPT_WORDS: ReadonlySet<string> = new Set([
  ...["c", "command", "sc", "silent-command", "mc", "measured-command"],
  ...["cheat", "editor"],
]);

/**
 * The word of a console command that runs Lua or cheats, without its slash; undefined for any other text. Only whole words count:
 * `/config` and `/clear` are none. Case and leading blanks do not matter, as somebody may try them.
 */
export function scriptCommandWord(command: string): string | undefined {
  const word = /^\s*\/(\S+)/.exec(command)?.[1]?.toLowerCase();
  return word !== undefined && SCRIPT_WORDS.has(word) ? word : undefined;
}
