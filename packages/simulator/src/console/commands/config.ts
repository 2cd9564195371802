import type { Game } from "../../server/game.js";
import type { ServerSettings } from "../../server/server-settings.js";
import { splitWord, type ConsoleCommand } from "../console-command.js";

/** One key of `/config`: how its value reads, and how a new one is taken. `set` gives false for a bad value. */
interface ConfigKey {
  get: (settings: ServerSettings, game: Game) => string;
  set: (settings: ServerSettings, value: string, game: Game) => boolean;
  /** The reply to a successful set; the text of `get` when absent. */
  changed?: (settings: ServerSettings) => string;
}

/** Keys and replies as asserted against 1.1.110 and 2.0.47 (facts §5), the rest from facts-2 §4. */
const KEYS: Readonly<Record<string, ConfigKey>> = {
  "afk-auto-kick": {
    get: (s) =>
      s.afkAutokickInterval === 0
        ? "AFK auto-kick is disabled."
        : `Kick if AFK for more than ${s.afkAutokickInterval} minutes.`,
    set: (s, value) =>
      setNumber(value, (minutes) => (s.afkAutokickInterval = minutes), ["never", "disable", "disabled"]),
  },
  "allow-commands": {
    get: (s) =>
      `Allow Lua commands: ${{ true: "Yes", false: "No", "admins-only": "Admins only" }[s.allowCommands]}.`,
    set: (s, value) => {
      if (value !== "true" && value !== "false" && value !== "admins-only") return false;
      s.allowCommands = value;
      return true;
    },
  },
  "autosave-interval": {
    get: (s) =>
      s.autosaveInterval === 0 ? "Autosave is disabled." : `Autosave every ${s.autosaveInterval} minutes.`,
    set: (s, value) => setNumber(value, (minutes) => (s.autosaveInterval = minutes), ["never", "disable"]),
    changed: (s) =>
      s.autosaveInterval === 0
        ? "Autosave is disabled."
        : `Autosave interval changed to ${s.autosaveInterval} minutes.`,
  },
  "autosave-only-on-server": flag("Autosave only on server", "autosaveOnlyOnServer"),
  description: {
    get: (s) =>
      s.description === "" ? "The server has no description." : `Server description: ${s.description}`,
    set: (s, value) => ((s.description = value), true),
  },
  "ignore-player-limit-for-returning-players": flag(
    "Ignore player limit for returning players",
    "ignorePlayerLimitForReturning",
  ),
  "max-players": {
    get: (s) => (s.maxPlayers === 0 ? "Unlimited." : String(s.maxPlayers)),
    set: (s, value) => setNumber(value, (count) => (s.maxPlayers = count), ["unlimited"]),
    changed: (s) =>
      `Maximum number of players changed to ${s.maxPlayers === 0 ? "unlimited" : s.maxPlayers}.`,
  },
  "max-upload-slots": {
    get: (s) => (s.maxUploadSlots === 0 ? "Unlimited." : `${s.maxUploadSlots} slots.`),
    set: (s, value) => setNumber(value, (count) => (s.maxUploadSlots = count), ["unlimited"]),
  },
  "max-upload-speed": {
    get: (s) => (s.maxUploadKilobytes === 0 ? "Unlimited." : `${s.maxUploadKilobytes} kilobytes per second.`),
    set: (s, value) => setNumber(value, (count) => (s.maxUploadKilobytes = count), ["unlimited"]),
  },
  name: {
    get: (s) => `Server name: ${s.name}`,
    set: (s, value) => ((s.name = value), true),
  },
  "only-admins-can-pause": flag("Only admins can pause", "onlyAdminsCanPause"),
  password: {
    get: (s) => `The server currently ${s.gamePassword === "" ? "doesn't have" : "has"} a password.`,
    set: (s, value) => ((s.gamePassword = value), true),
    changed: (s) => (s.gamePassword === "" ? "Server password removed." : "Server password changed."),
  },
  tags: {
    get: (s) => (s.tags.length === 0 ? "The server has no tags." : `Server tags: ${s.tags.join(" ")}`),
    set: (s, value) => ((s.tags = value.split(/\s+/).filter((tag) => tag !== "")), true),
  },
  "auto-pause": {
    get: (s) => `Auto pause: ${String(s.autoPause)}.`,
    set: (s, value, game) => setBoolean(value, (on) => ((s.autoPause = on), game.loop.schedule())),
  },
  "auto-pause-when-players-connect": flag("Auto pause when players connect", "autoPauseWhenPlayersConnect"),
  "allow-debug-settings": {
    get: () => "Allow debug settings: Admins only.",
    set: (_s, value) => value !== "",
  },
  "require-user-verification": {
    get: (s) => `Verify user identity: ${String(s.requireUserVerification)}.`,
    // A public game must verify its players, so the flag can only fall once the game is private.
    set: (s, value) =>
      !(s.visibility.public && value === "false") &&
      setBoolean(value, (on) => (s.requireUserVerification = on)),
  },
  "visibility-lan": visibility("LAN", "lan"),
  "visibility-public": visibility("Public", "public"),
  "visibility-steam": visibility("Steam", "steam"),
};

export const CONFIG_COMMANDS: readonly ConsoleCommand[] = [
  {
    names: ["config"],
    usage: "<get/set> <key> [value]",
    help: "Gets or sets various multiplayer game settings.",
    adminOnly: true,
    run: ({ game, source }, parameter) => {
      const [action, rest] = splitWord(parameter);
      const [name, value] = splitWord(rest);
      const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
      if (!key) return source.reply(`Unknown config: ${name}`);
      if (action !== "set") return source.reply(key.get(game.settings, game));
      if (!key.set(game.settings, value, game)) return source.reply("Value is not valid.");
      source.reply(key.changed?.(game.settings) ?? setText(key.get(game.settings, game)));
    },
  },
];

/** `Server name: x` becomes `Server name set to: x`. */
function setText(text: string): string {
  const at = text.indexOf(": ");
  return at < 0 ? text : `${text.slice(0, at)} set to${text.slice(at)}`;
}

type FlagField =
  | "autosaveOnlyOnServer"
  | "ignorePlayerLimitForReturning"
  | "onlyAdminsCanPause"
  | "autoPauseWhenPlayersConnect";

function flag(label: string, field: FlagField): ConfigKey {
  return {
    get: (s) => `${label}: ${String(s[field])}.`,
    set: (s, value) => setBoolean(value, (on) => (s[field] = on)),
  };
}

function visibility(label: string, field: keyof ServerSettings["visibility"]): ConfigKey {
  return {
    get: (s) => `${label} visibility: ${String(s.visibility[field])}.`,
    set: (s, value) => setBoolean(value, (on) => (s.visibility[field] = on)),
  };
}

function setBoolean(value: string, assign: (on: boolean) => void): boolean {
  if (value !== "true" && value !== "false") return false;
  assign(value === "true");
  return true;
}

function setNumber(value: string, assign: (number: number) => void, zeroWords: readonly string[]): boolean {
  const number = zeroWords.includes(value) ? 0 : Number(value);
  if (value === "" || !Number.isInteger(number) || number < 0) return false;
  assign(number);
  return true;
}
