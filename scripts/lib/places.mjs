import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/** Stamps live inside node_modules, so that removing it forgets them too. */
export const CACHE = path.join(ROOT, "node_modules", ".cache", "switchyard");

export function inRoot(...parts) {
  return path.join(ROOT, ...parts);
}

/** The file of a tool's command, to be run with this same Node.js; no shell and no PATH is involved. */
export function toolFile(name) {
  const files = {
    tsc: "typescript/bin/tsc",
    eslint: "eslint/bin/eslint.js",
    prettier: "prettier/bin/prettier.cjs",
    mocha: "mocha/bin/mocha.js",
    vite: "vite/bin/vite.js",
    c8: "c8/bin/c8.js",
  };
  return inRoot("node_modules", ...files[name].split("/"));
}

/** Node.js arguments that run TypeScript directly; an absolute URL, so that any working directory will do. */
export const TSX = `--import=${pathToFileURL(inRoot("node_modules", "tsx", "dist", "loader.mjs")).href}`;

/** Resolves imports of workspace packages to their sources instead of their builds. */
export const FROM_SOURCE = "--conditions=@switchyard/source";
