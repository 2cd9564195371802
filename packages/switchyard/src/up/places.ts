import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "@switchyard/protocol";

/** The folder that holds `packages/`, seen from `packages/switchyard/{src,dist}/up`. */
const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** What a cluster of the bundled parts is made of. */
export interface BundledParts {
  plugins: string[];
  luaModules: string[];
  /** Absent when the panel was not built. */
  webRoot: string | undefined;
}

/** Throws `not-found` when the Lua modules are not where this package expects them. */
export function findBundledParts(): BundledParts {
  const core = join(ROOT, "lua-modules", "core");
  if (!existsSync(join(core, "module.json")))
    throw new AppError("not-found", { what: "Lua module in", id: `${core}; install Switchyard again` });
  const webRoot = join(ROOT, "web-ui", "dist");
  return {
    plugins: findPlugins(join(ROOT, "plugins")),
    luaModules: [core],
    webRoot: existsSync(join(webRoot, "index.html")) ? webRoot : undefined,
  };
}

/** Every folder that holds a built plugin, so that a new one runs at the next start. */
function findPlugins(directory: string): string[] {
  const folders = readdirSync(directory).map((name) => join(directory, name));
  return folders.filter((folder) => existsSync(join(folder, "plugin.js"))).sort();
}
