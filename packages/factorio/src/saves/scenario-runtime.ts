import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { SaveFileContent } from "./lua-module.js";

/** No Lua module may have this name: the folder is the patch's own. */
export const SCENARIO_RUNTIME = "switchyard_scenario";
/** Below the save's root. */
export const SCENARIO_RUNTIME_FOLDER = `modules/${SCENARIO_RUNTIME}/`;

const FILES = ["event_filter.lua", "scenario.lua"];
/** The same way up from the sources and from what is built of them. */
const FOLDER = new URL("../../lua/", import.meta.url);

/** The Lua that lets a scenario which registers its own event handlers run beside modules, as it lies in a save. */
export function scenarioRuntimeFiles(): Promise<SaveFileContent[]> {
  return Promise.all(
    FILES.map(async (name) => ({
      path: SCENARIO_RUNTIME_FOLDER + name,
      content: await readFile(fileURLToPath(new URL(name, FOLDER))),
    })),
  );
}
