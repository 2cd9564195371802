import { createHash } from "node:crypto";
import { FactorioError } from "../errors.js";
import { luaString } from "../rcon/lua-text.js";
import { moduleFiles, type LuaModule, type SaveFileContent } from "./lua-module.js";
import { formatManifest, type InstalledModule, type Manifest } from "./manifest.js";
import { orderModules } from "./module-order.js";
import { CONTROL, GENERATED_MARK, MANIFEST, SCENARIO, type SaveLayout } from "./save-layout.js";

/** What a patched save holds: `files` are written, of `removed` nothing stays. Paths are below the root folder. */
export interface PatchPlan {
  files: Map<string, Buffer>;
  removed: Set<string>;
  patchNumber: number;
  modules: string[];
}

/** Part of the content hash: a change of the generated code must renew every patch. */
const GENERATOR_VERSION = 1;

/** `present` says whether the save holds a path now. Refuses with save-unsupported-scenario and module-invalid. */
export async function planPatch(
  layout: SaveLayout,
  modules: readonly LuaModule[],
  { path, present }: { path: string; present: (path: string) => boolean },
): Promise<PatchPlan> {
  const files = new Map<string, Buffer>();
  const removed = new Set(layout.owned);
  if (modules.length === 0) {
    if (layout.patchedBy !== "none") {
      if (layout.original) files.set(CONTROL, layout.original);
      else removed.add(CONTROL);
    }
    return { files, removed, patchNumber: 0, modules: [] };
  }
  if (layout.scenario.kind === "custom") throw unsupported(layout, path);
  const ordered = orderModules(modules);
  const installed: InstalledModule[] = [];
  for (const module of ordered) {
    const content = await moduleFiles(module);
    for (const file of content) addFile(files, file, module);
    installed.push({ ...pick(module), files: content.map((file) => file.path) });
  }
  refuseOverwriting(layout, files, { path, present });
  const contentSha256 = hashContent(layout, installed, files);
  const previous = layout.manifest;
  const patchNumber = previous
    ? previous.patchNumber + (previous.contentSha256 === contentSha256 ? 0 : 1)
    : 1;
  const { kind, sha1 } = layout.scenario;
  const manifest: Manifest = {
    version: 1,
    patchNumber,
    contentSha256,
    scenario: { kind, sha1 },
    modules: installed,
  };
  if (layout.original) files.set(SCENARIO, layout.original);
  files.set(CONTROL, generateControl(manifest));
  files.set(MANIFEST, formatManifest(manifest));
  return { files, removed, patchNumber, modules: ordered.map((module) => module.name) };
}

function pick({ name, version, load, require }: LuaModule): Omit<InstalledModule, "files"> {
  return { name, version, load, require };
}

function addFile(files: Map<string, Buffer>, file: SaveFileContent, module: LuaModule): void {
  if (files.has(file.path)) {
    throw new FactorioError(
      "module-invalid",
      `The Lua module "${module.name}" has two files that become ${file.path} in the save.`,
      {
        detail: { module: module.name },
      },
    );
  }
  files.set(file.path, file.content);
}

function unsupported(layout: SaveLayout, path: string): FactorioError {
  return new FactorioError(
    "save-unsupported-scenario",
    `${path} has a scenario script that modules cannot be added to yet: ${layout.scenario.found ?? "it registers events itself"}. ` +
      "Scenarios built on event_handler, freeplay among them, work today; start this save without modules, or wait for support of any scenario.",
    { detail: { path, sha1: layout.scenario.sha1 } },
  );
}

/** The save's own files must survive, and come back when the patch is taken out. */
function refuseOverwriting(
  layout: SaveLayout,
  files: ReadonlyMap<string, Buffer>,
  { path, present }: { path: string; present: (path: string) => boolean },
): void {
  const ours = [SCENARIO, ...files.keys()].filter((file) => !file.startsWith("locale/"));
  const taken = ours.find((file) => present(file) && !layout.owned.has(file));
  if (taken === undefined) return;
  throw new FactorioError(
    "save-unsupported-scenario",
    `${path} has a file ${taken} of its own, where the patch would have to put one. Rename the module or the scenario's file.`,
    { detail: { path, file: taken } },
  );
}

function hashContent(
  layout: SaveLayout,
  installed: readonly InstalledModule[],
  files: ReadonlyMap<string, Buffer>,
): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([GENERATOR_VERSION, layout.scenario.sha1, installed]));
  for (const module of installed) {
    for (const path of module.files)
      hash.update(
        createHash("sha256")
          .update(files.get(path) ?? "")
          .digest(),
      );
  }
  return hash.digest("hex");
}

/** The scenario first, so that its libraries come before those of the modules. */
function generateControl(manifest: Manifest): Buffer {
  const path = (module: InstalledModule, file: string): string =>
    luaString(`modules/${module.name}/${file.replace(/\.lua$/, "")}`);
  const lines = [
    `${GENERATED_MARK}; changes to this file are lost at the next start of the server.`,
    `switchyard_patch_number = ${manifest.patchNumber}`,
    "",
    'local event_handler = require("event_handler")',
    ...(manifest.scenario.kind === "none" ? [] : ["", "-- The save's own script", 'require("scenario")']),
    "",
    "-- Modules",
    ...manifest.modules.flatMap((module) =>
      module.load.map((file) => `event_handler.add_lib(require(${path(module, file)}))`),
    ),
    ...manifest.modules.flatMap((module) => module.require.map((file) => `require(${path(module, file)})`)),
    "",
  ];
  return Buffer.from(lines.join("\n"));
}
