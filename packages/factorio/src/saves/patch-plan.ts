import { createHash } from "node:crypto";
import { FactorioError } from "../errors.js";
import { ForeignFiles } from "./foreign-files.js";
import { generateControl, GENERATOR_VERSION } from "./generate-control.js";
import { moduleFiles, type LuaModule, type SaveFileContent } from "./lua-module.js";
import { formatManifest, type InstalledModule, type Manifest } from "./manifest.js";
import { orderModules } from "./module-order.js";
import { CONTROL, MANIFEST, SCENARIO, type SaveLayout } from "./save-layout.js";
import { SCENARIO_RUNTIME, scenarioRuntimeFiles } from "./scenario-runtime.js";

/** What a patched save holds: `files` are written, of `removed` nothing stays. Paths are below the root folder. */
export interface PatchPlan {
  files: Map<string, Buffer>;
  removed: Set<string>;
  patchNumber: number;
  modules: string[];
}

/** `entries` are the paths below the root that the save holds now. Refuses with save-unsupported-scenario and module-invalid. */
export async function planPatch(
  layout: SaveLayout,
  modules: readonly LuaModule[],
  { path, entries }: { path: string; entries: readonly string[] },
): Promise<PatchPlan> {
  if (modules.length === 0) return planRemoval(layout);
  const ordered = orderModules(modules);
  const foreign = new ForeignFiles(path, entries, layout);
  const files = new Map<string, Buffer>();
  const runtime = layout.scenario.kind === "custom" ? await scenarioRuntimeFiles() : [];
  for (const file of runtime) files.set(file.path, file.content);
  const installed: InstalledModule[] = [];
  for (const module of ordered) {
    if (module.name === SCENARIO_RUNTIME) throw reserved(module);
    const content = (await moduleFiles(module)).map((file) => ({ ...file, path: foreign.place(file.path) }));
    for (const file of content) addFile(files, file, module);
    installed.push({ ...pick(module), files: content.map((file) => file.path) });
  }
  const contentSha256 = hashContent(layout, installed, files);
  const manifest = describePatch(layout, installed, contentSha256);
  if (layout.original) files.set(SCENARIO, layout.original);
  foreign.refuseOverwriting(files.keys());
  files.set(CONTROL, generateControl(manifest));
  files.set(MANIFEST, formatManifest(manifest));
  return {
    files,
    removed: new Set(layout.owned),
    patchNumber: manifest.patchNumber,
    modules: ordered.map((module) => module.name),
  };
}

function planRemoval(layout: SaveLayout): PatchPlan {
  const files = new Map<string, Buffer>();
  const removed = new Set(layout.owned);
  if (layout.patchedBy !== "none") {
    if (layout.original) files.set(CONTROL, layout.original);
    else removed.add(CONTROL);
  }
  return { files, removed, patchNumber: 0, modules: [] };
}

function describePatch(layout: SaveLayout, modules: InstalledModule[], contentSha256: string): Manifest {
  const previous = layout.manifest;
  const patchNumber = previous
    ? previous.patchNumber + (previous.contentSha256 === contentSha256 ? 0 : 1)
    : 1;
  const { kind, sha1 } = layout.scenario;
  return { version: 1, patchNumber, contentSha256, scenario: { kind, sha1 }, modules };
}

function reserved(module: LuaModule): FactorioError {
  return new FactorioError(
    "module-invalid",
    `The name "${SCENARIO_RUNTIME}" belongs to the patch itself. Rename the Lua module in ${module.directory}.`,
    { detail: { module: module.name } },
  );
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

function hashContent(
  layout: SaveLayout,
  installed: readonly InstalledModule[],
  files: ReadonlyMap<string, Buffer>,
): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([GENERATOR_VERSION, layout.scenario.kind, layout.scenario.sha1, installed]));
  for (const path of [...files.keys()].sort()) {
    hash.update(
      createHash("sha256")
        .update(files.get(path) ?? "")
        .digest(),
    );
  }
  return hash.digest("hex");
}
