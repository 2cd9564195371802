import { Api } from "../api/api.js";
import { installGlobals } from "../api/globals.js";
import { createLuaVm } from "../lua/index.js";
import type { Game } from "../server/game.js";
import type { SaveFile } from "../saves/save-file.js";
import type { WorldFile } from "../world/world.js";
import { EventRegistry } from "./event-registry.js";
import { LevelScript, startStep } from "./level-script.js";
import { LuaUdp } from "./lua-udp.js";
import { ModuleResolver } from "./module-resolver.js";
import type { ScriptHost } from "./script-host.js";

/**
 * Brings up the level's Lua in the game's order (facts §6.6): control.lua; then `on_init` on a new map, or the
 * restored storage, `on_load` and, if versions or mods changed, `on_configuration_changed`.
 */
export async function startLevelScript(
  game: Game,
  save: SaveFile,
  isNewMap: boolean,
  udpPort: number | undefined,
): Promise<ScriptHost> {
  const resolver = new ModuleResolver(save, game.personality, game.paths.writeData);
  const vm = await createLuaVm({
    onPrint: (text) => game.log.bare(text),
    resolveModule: (name) => resolver.resolve(name),
  });
  const udp = new LuaUdp();
  udp.open(udpPort);
  const api = new Api(vm, game, new EventRegistry(), udp);
  const globals = installGlobals(api, resolver);
  const script = new LevelScript(api, () => {
    udp.close();
    vm.close();
  });
  const control = resolver.control();
  if (control) {
    vm.setRequireAllowed(true);
    resolver.isOpen = true;
    startStep("control.lua", () => vm.load(control.source, control.chunkName).call());
    vm.setRequireAllowed(false);
    resolver.isOpen = false;
  }
  if (isNewMap) {
    globals.showGame();
    // Handlers may print to players or raise events, so the script must be reachable already.
    game.script.current = script;
    startStep("on_init", () => api.handlers.onInit?.call());
    return script;
  }
  restoreStorage(api, save);
  startStep("on_load", () => api.handlers.onLoad?.call());
  globals.showGame();
  game.script.current = script;
  const change = save.world && configurationChange(game, save.world);
  if (change)
    startStep("on_configuration_changed", () => api.handlers.onConfigurationChanged?.call(api.value(change)));
  return script;
}

function restoreStorage(api: Api, save: SaveFile): void {
  if (!save.storage) return;
  const { vm, game } = api;
  const storage = save.storage;
  const value = startStep("on_load", () => vm.deserialize(storage, (text) => api.restoreObject(text)));
  vm.globals.set(game.personality.storageName, value);
}

interface ConfigurationChange {
  old_version?: string;
  new_version?: string;
  mod_changes: Record<string, { old_version?: string; new_version?: string }>;
  mod_startup_settings_changed: boolean;
  migration_applied: boolean;
  [key: string]:
    string | boolean | undefined | Record<string, { old_version?: string; new_version?: string }>;
}

function configurationChange(game: Game, saved: WorldFile): ConfigurationChange | undefined {
  const changes: ConfigurationChange["mod_changes"] = {};
  for (const name of new Set([...Object.keys(saved.mods), ...Object.keys(game.mods)])) {
    const [before, now] = [saved.mods[name], game.mods[name]];
    if (before !== now)
      changes[name] = { ...(before && { old_version: before }), ...(now && { new_version: now }) };
  }
  if (Object.keys(changes).length === 0) return undefined;
  return { mod_changes: changes, mod_startup_settings_changed: false, migration_applied: false };
}
