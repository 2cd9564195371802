import type { Game } from "../server/game.js";
import type { SaveFile } from "../saves/save-file.js";
import { NO_SCRIPT } from "./no-script.js";
import type { ScriptHost } from "./script-host.js";

export function startLevelScript(_game: Game, _save: SaveFile, _isNewMap: boolean): Promise<ScriptHost> {
  return Promise.resolve(NO_SCRIPT);
}
