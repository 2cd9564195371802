import { setTimeout as delay } from "node:timers/promises";
import { ScriptCrash } from "../errors.js";
import type { GameEnd, GameServer } from "./game-server.js";

const STATE_PAUSE_MS = 33;

/** Ends a game that ran, with the lines of facts §3.7 or §3.10; gives the exit code. */
export async function shutDown(server: GameServer, end: GameEnd): Promise<number> {
  switch (end.kind) {
    case "script-crash":
      return crash(server, end.crash);
    case "quit":
      server.game.log.engine("Quitting: remote-quit.");
      return quit(server);
    case "until-tick":
      server.game.log.engine("Quitting: until-tick.");
      return quit(server);
    case "signal":
      server.game.log.engine(`Received ${end.signal}, shutting down`);
      server.game.log.engine("Quitting: signal.");
      return quit(server);
  }
}

async function quit(server: GameServer): Promise<number> {
  const { log, managerState, saver } = server.game;
  let isSaved: boolean;
  try {
    await server.halt();
    isSaved = await saver.saveOnQuit();
  } catch (error) {
    if (error instanceof ScriptCrash) return crash(server, error);
    throw error;
  }
  log.info("managerDisconnecting", "Disconnecting multiplayer connection.");
  for (const state of ["DisconnectingScheduled", "Disconnecting", "Disconnected"] as const) {
    managerState.change(state);
    await delay(STATE_PAUSE_MS);
  }
  log.info("managerQuitting", "Quitting multiplayer connection.");
  managerState.change("Closed");
  log.info("managerDeleting", "Deleting active scenario (global = true).");
  await server.closeSockets();
  for (let socket = 0; socket < 2; socket++) {
    log.info("udpClosing", "Closing socket");
    log.info("udpClosed", "Socket closed");
  }
  log.engine("Goodbye");
  return isSaved ? 0 : 1;
}

/** A script error outside a command: no save, exit code 1. */
async function crash(server: GameServer, failure: ScriptCrash): Promise<number> {
  const { log, managerState, world } = server.game;
  const text = crashText(failure);
  log.error("exception", `Exception at tick ${world.tick}: ${text}`);
  log.error("managerFailed", `MultiplayerManager failed: "${text}"`);
  managerState.change("Failed");
  log.engine("Quitting: multiplayer error.");
  await server.halt();
  await server.closeSockets();
  log.engine("Goodbye");
  return 1;
}

export function crashText(failure: ScriptCrash): string {
  return [
    "The scenario level caused a non-recoverable error.",
    "Please report this error to the scenario author.",
    "",
    `Error while running ${failure.activity}`,
    failure.luaMessage,
    failure.traceback,
  ]
    .join("\n")
    .trimEnd();
}
