import type { ConsoleCommand } from "../console-command.js";

/** Facts about the map. */
export const INFO_COMMANDS: readonly ConsoleCommand[] = [
  {
    names: ["time"],
    usage: "",
    help: "Prints info about how old the map is.",
    adminOnly: false,
    run: ({ game, source }) => source.reply(durationText(game.world.tick)),
  },
  {
    names: ["version"],
    usage: "",
    help: "Prints the current game version.",
    adminOnly: false,
    run: ({ game, source }) => source.reply(game.personality.versionText),
  },
  {
    names: ["seed"],
    usage: "",
    help: "Prints the starting map seed.",
    adminOnly: false,
    run: ({ game, source }) => source.reply(String(game.world.seed)),
  },
  {
    names: ["evolution"],
    usage: "[surface]",
    help: "Prints info about the alien evolution factor.",
    adminOnly: false,
    run: ({ game, source }, parameter) => {
      const factor = "Evolution factor: 0.0000. (Time 0%) (Pollution 0%) (Spawner kills 0%)";
      if (!game.personality.isTwo) return source.reply(factor);
      const surface = parameter.trim();
      if (surface === "") return source.reply(`Nauvis - ${factor}`);
      if (surface.toLowerCase() !== "nauvis") return source.reply(`Surface "${surface}" does not exist.`);
      source.reply(`\nNauvis - ${factor}\n`);
    },
  },
];

const UNITS: readonly (readonly [string, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** `1 day, 11 hours, 1 minute and 26 seconds`. */
export function durationText(ticks: number): string {
  let seconds = Math.floor(ticks / 60);
  const parts: string[] = [];
  for (const [name, length] of UNITS) {
    const count = Math.floor(seconds / length);
    seconds -= count * length;
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? "" : "s"}`);
  }
  const last = parts.pop() ?? "0 seconds";
  return parts.length > 0 ? `${parts.join(", ")} and ${last}` : last;
}
