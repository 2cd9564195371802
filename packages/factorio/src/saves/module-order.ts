import { FactorioError } from "../errors.js";
import type { LuaModule } from "./lua-module.js";
import { isInRange, parseVersionRange } from "./version-range.js";

/** Dependencies first, otherwise by name, so that the order does not depend on how the list was given. */
export function orderModules(modules: readonly LuaModule[]): LuaModule[] {
  const byName = new Map<string, LuaModule>();
  for (const module of modules) {
    if (byName.has(module.name))
      throw refuse(`The Lua module "${module.name}" is given twice. Name it once.`, module);
    byName.set(module.name, module);
  }
  const ordered: LuaModule[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (module: LuaModule, path: readonly string[]): void => {
    if (state.get(module.name) === "done") return;
    if (state.get(module.name) === "open") {
      throw refuse(
        `Lua modules depend on each other in a circle: ${[...path, module.name].join(" → ")}.`,
        module,
      );
    }
    state.set(module.name, "open");
    for (const [name, range] of Object.entries(module.dependencies).sort()) {
      visit(dependency(module, { name, range, found: byName.get(name) }), [...path, module.name]);
    }
    state.set(module.name, "done");
    ordered.push(module);
  };
  for (const name of [...byName.keys()].sort()) visit(byName.get(name) as LuaModule, []);
  return ordered;
}

function dependency(
  module: LuaModule,
  wanted: { name: string; range: string; found: LuaModule | undefined },
): LuaModule {
  const { name, range, found } = wanted;
  if (!found)
    throw refuse(
      `The Lua module "${module.name}" needs "${name}" ${range}, which is not given. Add it.`,
      module,
    );
  const parsed = parseVersionRange(range);
  if (!parsed)
    throw refuse(
      `The Lua module "${module.name}" asks for "${name}" ${range}, which is no version range.`,
      module,
    );
  if (!isInRange(found.version, parsed)) {
    throw refuse(
      `The Lua module "${module.name}" needs "${name}" ${range}, but ${found.version} is given.`,
      module,
    );
  }
  return found;
}

function refuse(message: string, module: LuaModule): FactorioError {
  return new FactorioError("module-invalid", message, { detail: { module: module.name } });
}
