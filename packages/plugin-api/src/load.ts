import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { PluginManifest } from "./define-plugin.js";

/**
 * Loads the manifests of plugins from their folders (`plugin.js`, or `plugin.ts` where a loader for TypeScript runs).
 * Rejects with TypeError naming the folder when there is no plugin in it or two have the same name.
 */
export async function loadPlugins(directories: readonly string[]): Promise<PluginManifest[]> {
  const plugins = new Map<string, PluginManifest>();
  for (const directory of directories) {
    const plugin = await loadPlugin(resolve(directory));
    if (plugins.has(plugin.name))
      throw new TypeError(`Two plugins are named ${plugin.name}; the second is in ${directory}`);
    plugins.set(plugin.name, plugin);
  }
  return [...plugins.values()];
}

async function loadPlugin(directory: string): Promise<PluginManifest> {
  const file = ["plugin.js", "plugin.ts"]
    .map((name) => join(directory, name))
    .find((path) => existsSync(path));
  if (file === undefined) throw new TypeError(`There is no plugin.js in ${directory}; was the plugin built?`);
  const module = (await import(pathToFileURL(file).href)) as { plugin?: PluginManifest };
  if (typeof module.plugin?.name !== "string")
    throw new TypeError(`${file} does not export "plugin" made by definePlugin`);
  return module.plugin;
}
