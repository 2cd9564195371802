import { rm } from "node:fs/promises";
import { build } from "esbuild";
import { inRoot } from "./lib/places.mjs";

// A command line program is started for every question. From one file per lazily loaded part it answers in half the
// time that it takes to find and read the hundreds of files of its libraries.
const folder = inRoot("packages", "ctl", "dist", "bundle");
await rm(folder, { recursive: true, force: true });
await build({
  entryPoints: [inRoot("packages", "ctl", "src", "main.ts")],
  outdir: folder,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["@switchyard/source"],
  // Only offline tools load it, and it finds its Lua files by its own place.
  external: ["@switchyard/factorio"],
  // Libraries that are CommonJS ask for Node's own modules this way.
  banner: {
    js: 'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);',
  },
  logLevel: "warning",
});
