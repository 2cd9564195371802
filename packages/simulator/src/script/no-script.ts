import type { ScriptHost } from "./script-host.js";

/** Stands in while no level script is up: before the map is loaded and after it is closed. */
export const NO_SCRIPT: ScriptHost = {
  raise: () => undefined,
  tick: () => undefined,
  runCode: () => "no map is loaded",
  customCommands: () => [],
  runCustomCommand: () => false,
  serializeStorage: () => undefined,
  close: () => undefined,
};
