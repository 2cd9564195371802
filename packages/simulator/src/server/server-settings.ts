import { existsSync, readFileSync } from "node:fs";
import { StartFailure } from "../errors.js";
import { JsonFault, parseJsonText } from "./json-text.js";

/** server-settings.json (facts §9.1), in our own names; limits in the file's units. */
export interface ServerSettings {
  name: string;
  description: string;
  tags: string[];
  maxPlayers: number;
  visibility: { public: boolean; lan: boolean; steam: boolean };
  username: string;
  token: string;
  gamePassword: string;
  requireUserVerification: boolean;
  maxUploadKilobytes: number;
  maxUploadSlots: number;
  ignorePlayerLimitForReturning: boolean;
  allowCommands: "true" | "false" | "admins-only";
  /** Minutes; 0 switches autosaves off. */
  autosaveInterval: number;
  autosaveSlots: number;
  afkAutokickInterval: number;
  autoPause: boolean;
  autoPauseWhenPlayersConnect: boolean;
  onlyAdminsCanPause: boolean;
  autosaveOnlyOnServer: boolean;
  nonBlockingSaving: boolean;
  minimumSegmentSize: number;
  minimumSegmentSizePeers: number;
  maximumSegmentSize: number;
  maximumSegmentSizePeers: number;
}

/**
 * A missing file gives the defaults, but private: the simulator has no matching server to be listed on.
 * Faulty JSON and wrong types stop the start, as in the game.
 */
export function readServerSettings(path: string, required: boolean): ServerSettings {
  if (!existsSync(path)) {
    if (required)
      throw new StartFailure(`Hosting multiplayer game failed:\nFile ${path} doesn't exist.`, "command-line");
    return defaultSettings();
  }
  try {
    const value = parseJsonText(readFileSync(path, "utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new WrongType("Value must be a dictionary in property tree at ROOT");
    }
    return settingsFrom(value as Record<string, unknown>);
  } catch (error) {
    if (error instanceof JsonFault) {
      throw new StartFailure(
        `Hosting multiplayer game failed:\n${error.what} at ${path}:${error.line}`,
        "command-line",
      );
    }
    if (error instanceof WrongType)
      throw new StartFailure(`Hosting multiplayer game failed:\n${error.message}`, "command-line");
    throw error;
  }
}

/** A fresh copy of the private defaults; `/config set` changes the copy. */
export function defaultSettings(): ServerSettings {
  return settingsFrom({ visibility: { public: false, lan: false }, require_user_verification: false });
}

class WrongType extends Error {}

function settingsFrom(file: Record<string, unknown>): ServerSettings {
  const text = (key: string, fallback = ""): string => typed(file, key, "string", fallback);
  const number = (key: string, fallback: number): number => typed(file, key, "number", fallback);
  const boolean = (key: string, fallback: boolean): boolean => typed(file, key, "boolean", fallback);
  return {
    name: text("name"),
    description: text("description"),
    tags: tagsOf(file["tags"]),
    maxPlayers: number("max_players", 0),
    visibility: visibilityOf(file["visibility"]),
    username: text("username"),
    token: text("token") || text("password"),
    gamePassword: text("game_password"),
    requireUserVerification: boolean("require_user_verification", true),
    maxUploadKilobytes: number("max_upload_in_kilobytes_per_second", 0),
    maxUploadSlots: number("max_upload_slots", 5),
    ignorePlayerLimitForReturning: boolean("ignore_player_limit_for_returning_players", false),
    allowCommands: allowCommandsOf(file["allow_commands"]),
    autosaveInterval: number("autosave_interval", 10),
    autosaveSlots: number("autosave_slots", 5),
    afkAutokickInterval: number("afk_autokick_interval", 0),
    autoPause: boolean("auto_pause", true),
    autoPauseWhenPlayersConnect: boolean("auto_pause_when_players_connect", false),
    onlyAdminsCanPause: boolean("only_admins_can_pause_the_game", true),
    autosaveOnlyOnServer: boolean("autosave_only_on_server", true),
    nonBlockingSaving: boolean("non_blocking_saving", false),
    minimumSegmentSize: number("minimum_segment_size", 25),
    minimumSegmentSizePeers: number("minimum_segment_size_peer_count", 20),
    maximumSegmentSize: number("maximum_segment_size", 100),
    maximumSegmentSizePeers: number("maximum_segment_size_peer_count", 10),
  };
}

interface JsonTypes {
  string: string;
  number: number;
  boolean: boolean;
}

function typed<K extends keyof JsonTypes>(
  file: Record<string, unknown>,
  key: string,
  type: K,
  fallback: JsonTypes[K],
): JsonTypes[K] {
  const value = file[key];
  if (value === undefined) return fallback;
  if (typeof value !== type) throw new WrongType(`Value must be a ${type} in property tree at ROOT.${key}`);
  return value as JsonTypes[K];
}

function tagsOf(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new WrongType("Value must be a list in property tree at ROOT.tags");
  return value.map((tag) => String(tag));
}

function visibilityOf(value: unknown): ServerSettings["visibility"] {
  if (value === undefined) return { public: true, lan: true, steam: false };
  if (typeof value !== "object" || value === null)
    throw new WrongType("Value must be a dictionary in property tree at ROOT.visibility");
  const flags = value as Record<string, unknown>;
  return { public: flags["public"] === true, lan: flags["lan"] === true, steam: flags["steam"] === true };
}

function allowCommandsOf(value: unknown): ServerSettings["allowCommands"] {
  if (value === undefined || value === "admins-only") return "admins-only";
  if (value === true || value === "true") return "true";
  if (value === false || value === "false") return "false";
  throw new WrongType("Value must be a string in property tree at ROOT.allow_commands");
}
