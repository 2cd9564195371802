import type { GameVersion } from "../versions.js";

/** Why a server did not start or went down, as far as its output tells. */
export type FailureReason =
  | "port-taken"
  | "rcon-port-taken"
  | "save-missing"
  | "save-corrupt"
  | "save-too-new"
  | "save-too-old"
  | "bad-json"
  | "mod-failed"
  | "script-error"
  | "lock-held"
  | "no-permission"
  | "disk-full"
  | "verification-required"
  | "crashed"
  | "unknown";

/** What a line means to somebody who runs the server. `player` is "<server>" for the console and RCON. */
export type ServerEvent =
  | { type: "stateChange"; from: string; to: string; tick: string }
  | { type: "rconReady"; address: string }
  | { type: "hosting"; address: string }
  | {
      type: "banner";
      version: GameVersion;
      build: number;
      platform: string;
      flavour: string[];
      startedAt: string;
    }
  | { type: "savingStarted"; kind: "autosave" | "save" | "quit"; name: string }
  | { type: "savingFinished" }
  | { type: "saveProgress"; percent: number }
  | { type: "quitting"; reason: string }
  | { type: "goodbye" }
  | { type: "signal"; signal: string }
  | { type: "join" | "leave"; player: string }
  | { type: "chat"; player: string; text: string }
  | { type: "command" | "kick" | "ban" | "unban" | "promote" | "demote"; player: string; text: string }
  | { type: "mapVersion"; version: string }
  | { type: "modLoaded"; name: string; version: string }
  | { type: "diskSpace"; freeMb: number; totalMb: number }
  | { type: "failure"; reason: FailureReason; text: string };
