import type { Faults } from "../control/faults.js";
import type { Chat } from "../players/chat.js";
import type { Presence } from "../players/presence.js";
import type { Views } from "../players/views.js";
import type { Saver } from "../saves/saver.js";
import type { Defines } from "../script/defines.js";
import type { ScriptHost } from "../script/script-host.js";
import type { World } from "../world/world.js";
import type { GamePaths } from "./paths.js";
import type { BanList, NameList } from "./name-lists.js";
import type { Personality } from "./personality.js";
import type { ServerLog } from "./server-log.js";
import type { ServerSettings } from "./server-settings.js";
import type { ManagerStateLine } from "./state-line.js";
import type { TickLoop } from "./tick-loop.js";

export interface ServerLists {
  admins: NameList;
  bans: BanList;
  whitelist: NameList;
  useWhitelist: boolean;
}

/** Why the game ends. */
export type StopReason =
  { kind: "quit" } | { kind: "signal"; signal: "SIGINT" | "SIGTERM" } | { kind: "until-tick" };

/** The parts of one running game. Built by `game-server.ts`; features take what they need from it. */
export interface Game {
  readonly personality: Personality;
  readonly paths: GamePaths;
  readonly log: ServerLog;
  readonly settings: ServerSettings;
  readonly lists: ServerLists;
  readonly world: World;
  readonly defines: Defines;
  readonly mods: Readonly<Record<string, string>>;
  readonly loop: TickLoop;
  readonly faults: Faults;
  readonly views: Views;
  readonly chat: Chat;
  readonly presence: Presence;
  readonly saver: Saver;
  readonly managerState: ManagerStateLine;
  /** The level's script; replaced once, when the real one is up. */
  readonly script: { current: ScriptHost };
  /** The heartbeat number, which runs at 60/s even while the map is paused. */
  readonly heartbeat: () => number;
  readonly requestStop: (reason: StopReason) => void;
}
