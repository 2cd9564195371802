import type { PlayerState } from "../world/player-state.js";

/** Who entered a console command. stdin and RCON both speak as `<server>`. */
export interface CommandSource {
  kind: "rcon" | "console" | "player";
  /** Set for kind "player". */
  player: PlayerState | undefined;
  /** One line of answer, without its line feed. */
  reply: (text: string) => void;
}

export const SERVER_NAME = "<server>";

export function nameOf(source: CommandSource): string {
  return source.player?.name ?? SERVER_NAME;
}
