import {
  acceptPatchedSave,
  createSave,
  FactorioServer,
  findInstalls,
  findLeftRuns,
  inspectSave,
  listSaves,
  patchSave,
  readLuaModule,
  restoreSave,
  selectInstall,
  writeServerFiles,
  type AdoptServerOptions,
  type FactorioServerOptions,
  type LeftRun,
} from "@switchyard/factorio";

/** What the runtime needs of a server process; FactorioServer is the real one. */
export type ServerProcess = Pick<
  FactorioServer,
  "state" | "pid" | "start" | "read" | "stop" | "leave" | "exited" | "settled" | "epoch" | "delivery" | "on"
> & {
  readonly rcon: Pick<FactorioServer["rcon"], "send" | "call" | "transfer">;
};

/** The seam between the host and the game on this machine. */
export interface Game {
  createServer(options: FactorioServerOptions): ServerProcess;
  adoptServer(left: LeftRun, options: AdoptServerOptions): ServerProcess;
  findLeftRuns: typeof findLeftRuns;
  createSave: typeof createSave;
  findInstalls: typeof findInstalls;
  selectInstall: typeof selectInstall;
  inspectSave: typeof inspectSave;
  listSaves: typeof listSaves;
  patchSave: typeof patchSave;
  acceptPatchedSave: typeof acceptPatchedSave;
  restoreSave: typeof restoreSave;
  readLuaModule: typeof readLuaModule;
  writeServerFiles: typeof writeServerFiles;
}

export function realGame(): Game {
  return {
    createServer: (options) => new FactorioServer(options),
    adoptServer: (left, options) => FactorioServer.adopt(left, options),
    findLeftRuns,
    createSave,
    findInstalls,
    selectInstall,
    inspectSave,
    listSaves,
    patchSave,
    acceptPatchedSave,
    restoreSave,
    readLuaModule,
    writeServerFiles,
  };
}
