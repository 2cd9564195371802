import { SERVER_NAME } from "../console/command-source.js";
import type { ScriptHost } from "../script/script-host.js";
import type { ServerLog } from "../server/server-log.js";
import type { PlayerState } from "../world/player-state.js";
import type { World } from "../world/world.js";
import type { Views } from "./views.js";

/** Chat and other text that everybody sees. */
export class Chat {
  constructor(
    private readonly parts: { log: ServerLog; world: World; views: Views; script: () => ScriptHost },
  ) {}

  /** A chat message; `player` undefined is the server's console or RCON. */
  say(player: PlayerState | undefined, words: string): void {
    // One line only: a second one could pass for a line of the console.
    const message = words.split(/[\r\n]/, 1)[0] ?? "";
    const text = `${player?.name ?? SERVER_NAME}: ${message}`;
    this.parts.log.action("CHAT", text);
    this.parts.views.show(this.parts.world.connectedPlayers(), text);
    this.parts.script().raise("on_console_chat", { player_index: player?.index, message });
  }

  /** A tagged line of the console that players see too: `[JOIN]`, `[KICK]`, ... */
  announce(tag: string, text: string): void {
    this.parts.log.action(tag, text);
    this.showAll(text);
  }

  /** What `game.print` does: players see it, stdout does not. */
  showAll(text: string): void {
    this.parts.views.show(this.parts.world.connectedPlayers(), text);
  }
}
