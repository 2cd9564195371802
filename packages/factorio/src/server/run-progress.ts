import type { ServerEvent } from "../lines/server-event.js";
import type { GameVersion } from "../versions.js";

/** What a run's lines have told so far that later decisions need; kept on disk for an agent that takes the run over. */
export interface RunProgress {
  /** As the first line says. */
  version: GameVersion | null;
  isInGame: boolean;
  /** The game listens for RCON. */
  isRconReady: boolean;
  /** It took commands once. */
  wasRunning: boolean;
  /** What the game said after "Quitting: ". */
  quitReason: string | null;
  asked: "nothing" | "stop" | "kill";
  /** Who is online as far as the lines tell; a client that crashed may stay listed. */
  players: readonly string[];
}

export const NO_PROGRESS: Readonly<RunProgress> = Object.freeze({
  version: null,
  isInGame: false,
  isRconReady: false,
  wasRunning: false,
  quitReason: null,
  asked: "nothing",
  players: Object.freeze([]),
});

/** The progress after an event; the same object when it changes nothing. */
export function progressAfter(progress: Readonly<RunProgress>, event: ServerEvent): Readonly<RunProgress> {
  switch (event.type) {
    case "banner":
      return { ...progress, version: event.version };
    case "stateChange":
      return event.from === "CreatingGame" && event.to === "InGame"
        ? { ...progress, isInGame: true }
        : progress;
    case "rconReady":
      return { ...progress, isRconReady: true };
    case "quitting":
      return { ...progress, quitReason: event.reason };
    case "join":
      return progress.players.includes(event.player)
        ? progress
        : { ...progress, players: [...progress.players, event.player] };
    case "leave":
      return progress.players.includes(event.player)
        ? { ...progress, players: progress.players.filter((player) => player !== event.player) }
        : progress;
    default:
      return progress;
  }
}
