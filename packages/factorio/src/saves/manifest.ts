import { FactorioError } from "../errors.js";
import type { ScenarioKind } from "./scenario-script.js";

/** One module as it lies in a save. Paths are below the root folder. */
export interface InstalledModule {
  name: string;
  version: string;
  load: string[];
  require: string[];
  files: string[];
}

/** `<root>/switchyard.json`: what the patch put into the save. */
export interface Manifest {
  version: 1;
  /** Counts up by one whenever the content changes. */
  patchNumber: number;
  /** Over everything the patch puts in; tells whether a patch would change anything. */
  contentSha256: string;
  scenario: { kind: ScenarioKind; sha1: string };
  modules: InstalledModule[];
}

/** What is needed of `<root>/clusterio.json`; `modules` is absent in its first format, which listed no files. */
export interface ClusterioManifest {
  modules?: { name: string; version: string; files: string[] }[];
}

const KNOWN_VERSION = 1;

/** Undefined when there is none or it cannot be read: then the patch is redone. Refuses newer formats. */
export function parseManifest(bytes: Buffer | undefined, path: string): Manifest | undefined {
  const json = parseObject(bytes);
  if (!json) return undefined;
  refuseNewer(json["version"], path, "Switchyard");
  const { version, patchNumber, contentSha256, scenario } = json;
  if (version !== KNOWN_VERSION || !Number.isSafeInteger(patchNumber) || typeof contentSha256 !== "string")
    return undefined;
  if (!isObject(scenario) || !isKind(scenario["kind"]) || typeof scenario["sha1"] !== "string")
    return undefined;
  return {
    version,
    patchNumber: patchNumber as number,
    contentSha256,
    scenario: { kind: scenario["kind"], sha1: scenario["sha1"] },
    modules: moduleList(json["modules"]) ?? [],
  };
}

export function parseClusterioManifest(
  bytes: Buffer | undefined,
  path: string,
): ClusterioManifest | undefined {
  if (!bytes) return undefined;
  const json = parseObject(bytes) ?? {};
  refuseNewer(json["version"], path, "Clusterio");
  const modules = json["version"] === undefined ? undefined : moduleList(json["modules"]);
  return modules ? { modules } : {};
}

export function formatManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

/** A list in a save may come from anyone: only what lies in the two folders a patch writes to may be taken out. */
export function isSafeOwnedPath(path: string): boolean {
  if (!/^(?:modules|locale)\/./.test(path) || path.includes("\\")) return false;
  return path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
}

function refuseNewer(version: unknown, path: string, writer: string): void {
  if (typeof version !== "number" || version <= KNOWN_VERSION) return;
  throw new FactorioError(
    "save-newer-patch-format",
    `${path} was patched by a newer version of ${writer} (format ${version}). Update Switchyard, or unpatch the save there first.`,
    { detail: { path, version } },
  );
}

function parseObject(bytes: Buffer | undefined): Record<string, unknown> | undefined {
  if (!bytes) return undefined;
  try {
    const json: unknown = JSON.parse(bytes.toString("utf8"));
    return isObject(json) ? json : undefined;
  } catch {
    return undefined; // the same as having none
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isKind(value: unknown): value is ScenarioKind {
  return value === "freeplay" || value === "event-handler" || value === "custom" || value === "none";
}

function moduleList(value: unknown): InstalledModule[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter(isObject).map((module) => ({
    name: typeof module["name"] === "string" ? module["name"] : "",
    version: typeof module["version"] === "string" ? module["version"] : "",
    load: textList(module["load"]),
    require: textList(module["require"]),
    files: textList(module["files"]),
  }));
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
