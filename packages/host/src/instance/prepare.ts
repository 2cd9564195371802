import { basename } from "node:path";
import { formatGameVersion, type FactorioInstall, type LuaModule } from "@switchyard/factorio";
import type { InstanceSpec, InstanceStatus } from "@switchyard/protocol";
import type { Installs } from "../installs.js";
import { chooseSave, type ChooseSaveOptions } from "./choose-save.js";
import type { Game } from "./game.js";

export interface PrepareOptions {
  spec: InstanceSpec;
  writeDirectory: string;
  game: Game;
  installs: Installs;
  /** All modules that the save must hold, core first. */
  readModules(): Promise<LuaModule[]>;
  download: ChooseSaveOptions["download"];
  signal: AbortSignal;
  say(words: string): void;
}

export interface Prepared {
  install: FactorioInstall;
  savePath: string;
  hasCore: boolean;
  facts: Pick<InstanceStatus, "factorioVersion" | "isSimulator" | "save">;
}

/** Brings the write directory into the shape a server starts from. Ends at the next step when the signal aborts. */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { spec, writeDirectory, game, signal, say } = options;
  const install = await options.installs.select(spec.factorioVersion);
  signal.throwIfAborted();
  // The game's own server list shows this name; people can override it.
  await game.writeServerFiles({ writeDirectory, install, settings: { name: spec.name, ...spec.settings } });
  signal.throwIfAborted();
  const savePath = await chooseSave({ ...options, install });
  signal.throwIfAborted();
  const modules = await options.readModules();
  say("Putting the Lua modules into the save");
  // The old save is kept beside it until a server has come to run with the new one.
  await game.patchSave({ input: savePath, output: savePath, modules, keepPrevious: true });
  signal.throwIfAborted();
  return {
    install,
    savePath,
    hasCore: modules.some((module) => module.name === "switchyard_core"),
    facts: {
      factorioVersion: formatGameVersion(install.version),
      isSimulator: install.isSimulator,
      save: basename(savePath),
    },
  };
}
