import { FactorioError } from "../errors.js";
import type { ZipEntry } from "../zip/zip-format.js";
import type { ZipReader } from "../zip/zip-reader.js";
import {
  isSafeOwnedPath,
  parseClusterioManifest,
  parseManifest,
  type ClusterioManifest,
  type Manifest,
} from "./manifest.js";
import { GENERATED_MARK, modulesOfControl } from "./generate-control.js";
import { SCENARIO_RUNTIME_FOLDER } from "./scenario-runtime.js";
import { classifyScenario, type ScenarioScript } from "./scenario-script.js";

export const CONTROL = "control.lua";
export const SCENARIO = "scenario.lua";
export const MANIFEST = "switchyard.json";
export const CLUSTERIO_MANIFEST = "clusterio.json";
const CLUSTERIO_MARK = /^-- Auto generated scenario module loader created by Clusterio/;
/** Scripts and manifests are kept in memory; real ones have a few kB. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

/** What a save holds, with the patch taken apart from what was there before it. */
export interface SaveLayout {
  root: string;
  patchedBy: "switchyard" | "clusterio" | "none";
  manifest: Manifest | undefined;
  clusterio: ClusterioManifest | undefined;
  /** The save's own control.lua, wherever the patch keeps it. */
  original: Buffer | undefined;
  scenario: ScenarioScript;
  /** Paths below the root which belong to a patch and go when it is renewed. */
  owned: Set<string>;
}

/** Refuses with save-no-root, save-newer-patch-format, and save-unsupported-scenario when a patch lost the script it wrapped. */
export async function readLayout(zip: ZipReader): Promise<SaveLayout> {
  const root = findRoot(zip);
  const read = async (path: string): Promise<Buffer | undefined> => {
    const entry = zip.entry(`${root}/${path}`);
    return entry && zip.read(entry, MAX_TEXT_BYTES);
  };
  const control = await read(CONTROL);
  const manifest = parseManifest(await read(MANIFEST), zip.path);
  const clusterio = parseClusterioManifest(await read(CLUSTERIO_MANIFEST), zip.path);
  const patchedBy = generatorOf(control);
  const original = patchedBy === "none" ? control : await read(SCENARIO);
  if (patchedBy !== "none" && !original && manifest?.scenario.kind !== "none") throw scriptLost(zip.path);
  const scenario = await classifyScenario(original, async (path) => (await read(path))?.toString("utf8"));
  const owned = ownedPaths(zip, { root, patchedBy, manifest, clusterio }, control?.toString("utf8") ?? "");
  return { root, patchedBy, manifest, clusterio, original, scenario, owned };
}

function findRoot(zip: ZipReader): string {
  const roots = new Set<string>();
  for (const entry of zip.entries) {
    const match = /^([^/]+)\/(?:level\.dat0?|level-init\.dat)$/.exec(entry.name);
    if (match?.[1] !== undefined) roots.add(match[1]);
  }
  const [root, second] = roots;
  if (root !== undefined && second === undefined) return root;
  const why = second === undefined ? "holds no map" : "holds more than one map";
  throw new FactorioError("save-no-root", `${zip.path} is a zip file but ${why}. Name a save of Factorio.`, {
    detail: { path: zip.path },
  });
}

function generatorOf(control: Buffer | undefined): SaveLayout["patchedBy"] {
  const text = control?.toString("utf8") ?? "";
  if (text.startsWith(GENERATED_MARK)) return "switchyard";
  return CLUSTERIO_MARK.test(text) ? "clusterio" : "none";
}

function scriptLost(path: string): FactorioError {
  return new FactorioError(
    "save-unsupported-scenario",
    `${path} was patched before, but the script it had then (scenario.lua) is gone. Use an older copy of the save.`,
    { detail: { path } },
  );
}

type Owners = Pick<SaveLayout, "root" | "patchedBy" | "manifest" | "clusterio">;

function ownedPaths(zip: ZipReader, owners: Owners, control: string): Set<string> {
  const { root, patchedBy, manifest, clusterio } = owners;
  const owned = new Set<string>();
  const modules = [...(manifest?.modules ?? []), ...(clusterio?.modules ?? [])];
  for (const file of modules.flatMap((module) => module.files)) if (isSafeOwnedPath(file)) owned.add(file);
  const present = pathsBelow(zip.entries, root);
  for (const path of unlisted(present, owners, control)) owned.add(path);
  if (clusterio) for (const module of clusterio.modules ?? []) owned.add(`modules/${module.name}.lua`); // stub for exports
  if (manifest || clusterio || patchedBy !== "none") {
    for (const path of [SCENARIO, MANIFEST, CLUSTERIO_MANIFEST]) owned.add(path);
    for (const path of present) if (path.startsWith(SCENARIO_RUNTIME_FOLDER)) owned.add(path);
  }
  return owned;
}

/** What belongs to a patch that lost its list (people delete things), or never had one, as Clusterio's first format. */
function unlisted(present: string[], { patchedBy, manifest, clusterio }: Owners, control: string): string[] {
  const isSwitchyards = patchedBy === "switchyard" && !manifest;
  const isClusterios =
    (patchedBy === "clusterio" && !clusterio) || (clusterio !== undefined && !clusterio.modules);
  if (!isSwitchyards && !isClusterios) return [];
  const names = isClusterios ? undefined : modulesOfControl(control);
  if (!names) return present.filter((path) => path.startsWith("modules/"));
  const patterns = names.flatMap((name) => [
    new RegExp(`^modules/${name}/.`),
    new RegExp(`^locale/[^/]+/(?:switchyard-)?${name}(?:-.+)?\\.cfg$`),
  ]);
  // Where ours stepped aside, the other one is the save's own.
  return present.filter(
    (path) =>
      patterns.some((pattern) => pattern.test(path)) &&
      !present.includes(path.replace(/([^/]+)$/, "switchyard-$1")),
  );
}

/** Files, not folders. */
export function pathsBelow(entries: readonly ZipEntry[], root: string): string[] {
  return entries
    .filter((entry) => entry.name.startsWith(`${root}/`) && !entry.name.endsWith("/"))
    .map((entry) => entry.name.slice(root.length + 1));
}
