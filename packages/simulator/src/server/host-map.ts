import { join, resolve } from "node:path";
import { StartFailure } from "../errors.js";
import { formatMapVersion } from "../game-version.js";
import { findLatestSave, findSave } from "../saves/find-save.js";
import { loadScenario } from "../saves/load-scenario.js";
import { loadSave, readSaveText, saveFromEntries, type SaveFile } from "../saves/save-file.js";
import { startLevelScript } from "../script/start-level-script.js";
import { crc32 } from "../zip/zip-entry.js";
import { GameServer, type GameEnd } from "./game-server.js";
import type { GameRun } from "./run-game.js";
import { ensureServerId } from "./server-id.js";
import { readServerSettings, type ServerSettings } from "./server-settings.js";
import { shutDown } from "./shutdown.js";
import { ManagerStateLine } from "./state-line.js";

/** `--start-server…`: hosts until something ends it; resolves with the exit code. */
export async function hostMap(run: GameRun): Promise<number> {
  const { log, personality, options, paths } = run;
  let server: GameServer | undefined;
  const managerState = new ManagerStateLine(log, personality, () =>
    server?.hasMap ? server.game.world.tick : undefined,
  );
  const stopSignal = listenForSignals(run);
  try {
    const settings = readSettings(run);
    ensureServerId(
      options.serverId ? resolve(run.process.cwd, options.serverId) : join(paths.writeData, "server-id.json"),
    );
    log.info(
      "synchronizer",
      "nextHeartbeatSequenceNumber(0) initialized Synchronizer nextTickClosureTick(0).",
    );
    const source = findMap(run);
    managerState.change("PreparedToHostGame");
    managerState.change("CreatingGame");
    const save = openMap(run, source);
    server = new GameServer({
      ...run,
      settings,
      save,
      managerState,
      stdin: run.process.stdin,
      cwd: run.process.cwd,
      startScript: startLevelScript,
    });
    await server.loadScript();
    await server.start();
    return await shutDown(server, await Promise.race([server.ended, stopSignal.received]));
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    return await failStart(run, managerState, server, error);
  } finally {
    stopSignal.dispose();
  }
}

type MapSource = { kind: "save"; path: string } | { kind: "scenario"; name: string };

function readSettings(run: GameRun): ServerSettings {
  const { options, paths } = run;
  const path = options.serverSettings
    ? resolve(run.process.cwd, options.serverSettings)
    : join(paths.writeData, "server-settings.json");
  const settings = readServerSettings(path, options.serverSettings !== undefined);
  if (settings.visibility.public && !settings.requireUserVerification) {
    throw new StartFailure("require_user_verification must be enabled for public games.", "command-line");
  }
  return settings;
}

function findMap(run: GameRun): MapSource {
  const saves = join(run.paths.writeData, "saves");
  const { mode } = run.options;
  if (mode.kind === "start")
    return { kind: "save", path: findSave(mode.save, saves, run.process.cwd, run.log) };
  if (mode.kind === "start-scenario") return { kind: "scenario", name: mode.scenario };
  return { kind: "save", path: findLatestSave(saves) };
}

function openMap(run: GameRun, source: MapSource): SaveFile {
  const { log, personality, paths, mods } = run;
  if (source.kind === "scenario") {
    return saveFromEntries(
      loadScenario(source.name, join(paths.writeData, "scenarios"), personality, mods),
      personality.version,
    );
  }
  const save = loadSave(source.path, personality.version);
  log.engine(`Loading map ${source.path}: ${save.sizeBytes} bytes.`);
  log.engine(`Loading level.dat: ${save.levelDatBytes} bytes.`);
  log.info("mapVersion", `Map version ${formatMapVersion(save.mapVersion)}`);
  if (personality.isTwo) {
    log.engine(
      'Blueprint storage "blueprint-storage-2.dat" was not found, trying to load previous version storage "blueprint-storage.dat"',
    );
  }
  log.engine(`Loading script.dat: ${save.scriptDatBytes} bytes.`);
  const folder = personality.isTwo ? "__level__" : join(paths.writeData, "temp", "currently-playing");
  const control = readSaveText(save, "control.lua") ?? "";
  log.engine(`Checksum for script ${folder}/control.lua: ${crc32(Buffer.from(control, "utf8"))}`);
  return save;
}

/** The sequences of facts-2 §1.5 and facts §3.10; `Goodbye` comes after failures too. */
async function failStart(
  run: GameRun,
  managerState: ManagerStateLine,
  server: GameServer | undefined,
  failure: StartFailure,
): Promise<number> {
  const { log } = run;
  if (failure.where === "multiplayer-manager") {
    const isBare = failure.message === "Host address is already in use.";
    log.error(
      "managerFailed",
      `MultiplayerManager failed: ${isBare ? failure.message : `"${failure.message}"`}`,
    );
    managerState.change("InitializationFailed");
    log.info("exitPoint", "Exit point.");
    log.info("managerQuitting", "Quitting multiplayer connection.");
    managerState.change("Closed");
    if (run.personality.isTwo) log.info("managerDeleting", "Deleting active scenario (global = true).");
  } else {
    const source = failure.message.startsWith("require_user_verification") ? "verification" : "hostingFailed";
    log.error(source, failure.message);
  }
  await server?.halt();
  await server?.closeSockets();
  log.info("udpClosing", "Closing socket");
  log.engine("Goodbye");
  return 1;
}

function listenForSignals(run: GameRun): { received: Promise<GameEnd>; dispose: () => void } {
  let dispose: () => void = () => undefined;
  const received = new Promise<GameEnd>((settle) => {
    dispose = run.process.onStopSignal((signal) => settle({ kind: "signal", signal }));
  });
  return { received, dispose: () => dispose() };
}
