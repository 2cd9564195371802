import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { errorText } from "../errors.js";
import { GameServer } from "../server/game-server.js";
import type { GameRun } from "../server/run-game.js";
import { defaultSettings } from "../server/server-settings.js";
import { ManagerStateLine } from "../server/state-line.js";
import { startLevelScript } from "../script/start-level-script.js";
import { freshMapEntries } from "./new-map.js";
import { saveFromEntries } from "./save-file.js";

/** `--create FILE`: makes a fresh freeplay map, runs its `on_init`, writes it and gives the exit code. */
export async function createMap(run: GameRun, file: string): Promise<number> {
  const { log, personality, mods, process } = run;
  const path = resolve(process.cwd, file.toLowerCase().endsWith(".zip") ? file : `${file}.zip`);
  const temporary = path.replace(/\.zip$/i, "") + ".tmp.zip";
  const server = new GameServer({
    ...run,
    settings: defaultSettings(),
    save: saveFromEntries(freshMapEntries(personality, mods), personality.version),
    managerState: new ManagerStateLine(log, personality, () => undefined),
    stdin: process.stdin,
    cwd: process.cwd,
    startScript: startLevelScript,
  });
  log.engine(`Creating new map ${path}`);
  try {
    await server.loadScript();
    log.info("savingMap", `Saving map as ${path}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, server.game.saver.encode(path));
    renameSync(temporary, path);
    log.info("savingFinished", "Saving finished");
    return 0;
  } catch (error) {
    log.error("utilError", errorText(error));
    return 1;
  } finally {
    server.game.script.current.close();
    log.engine("Goodbye");
  }
}
