import { readInternal, type ModuleResolver } from "../script/module-resolver.js";
import { definesValue } from "../script/defines.js";
import { renderLocalised } from "../script/localised-string.js";
import type { Api } from "./api.js";
import { stringOf } from "./arguments.js";
import { LUA_BOOTSTRAP } from "./lua-bootstrap.js";
import { LUA_COMMAND_PROCESSOR } from "./lua-command-processor.js";
import { LUA_CUSTOM_TABLE } from "./lua-custom-table.js";
import { LUA_FORCE } from "./lua-force.js";
import { gameScriptClass } from "./lua-game-script.js";
import { LUA_HELPERS } from "./lua-helpers.js";
import { LUA_PLAYER } from "./lua-player.js";
import { LUA_PROTOTYPES } from "./lua-prototypes.js";
import { LUA_RCON } from "./lua-rcon.js";
import { LUA_REMOTE } from "./lua-remote.js";
import { LUA_SETTINGS } from "./lua-settings.js";
import { LUA_SURFACE } from "./lua-surface.js";
import type { ApiClass, Singleton } from "./api-class.js";

/** Sets the global names of the level's state (facts §7.1, §7.2). `game` appears only with `showGame`. */
export function installGlobals(api: Api, resolver: ModuleResolver): { showGame: () => void } {
  const { vm } = api;
  const { globals } = vm;
  const isTwo = api.game.personality.isTwo;
  for (const definition of [LUA_PLAYER, LUA_FORCE, LUA_SURFACE, LUA_CUSTOM_TABLE])
    api.declare(definition as unknown as ApiClass<object>);
  const singleton: Singleton = { isSingleton: true };
  globals.set(api.game.personality.storageName, vm.newTable());
  globals.set("defines", api.value(definesValue(api)));
  globals.set("script", api.object(LUA_BOOTSTRAP, singleton));
  globals.set("remote", api.object(LUA_REMOTE, singleton));
  globals.set("commands", api.object(LUA_COMMAND_PROCESSOR, singleton));
  globals.set("rcon", api.object(LUA_RCON, singleton));
  globals.set("settings", api.object(LUA_SETTINGS, singleton));
  if (isTwo) {
    globals.set("helpers", api.object(LUA_HELPERS, singleton));
    globals.set("prototypes", api.object(LUA_PROTOTYPES, singleton));
  }
  installPrinting(api, resolver);
  const gameObject = api.object(gameScriptClass(isTwo), singleton);
  return {
    showGame: () => {
      api.isGameAvailable = true;
      globals.set("game", gameObject);
    },
  };
}

/** `log` needs the caller's position, which only Lua can tell; the other two are plain. */
function installPrinting(api: Api, resolver: ModuleResolver): void {
  const { vm, game } = api;
  const writeLog = vm.newFunction("log", ([position, message]) => {
    game.log.script(stringOf(position) ?? "?", renderLocalised(message));
    return [];
  });
  const locate = vm.newFunction("locate", ([source, name]) => {
    if (!resolver.isOpen) return [undefined, "Require can't be used outside of control.lua parsing."];
    const path = resolver.locate(stringOf(source) ?? "", stringOf(name) ?? "");
    return resolver.resolve(path) ? path : [undefined, `module ${stringOf(name) ?? "?"} not found`];
  });
  const prelude = readInternal("prelude.lua");
  const serpent = readInternal("serpent.lua");
  vm.load(prelude.source, prelude.chunkName).call(writeLog, locate);
  vm.globals.set("serpent", vm.load(serpent.source, serpent.chunkName).call()[0]);
  vm.globals.set(
    "localised_print",
    vm.newFunction("localised_print", ([message]) => {
      game.log.bare(renderLocalised(message));
      return [];
    }),
  );
}
