import { mkdir } from "node:fs/promises";
import { findInstalls, inspectSave } from "@switchyard/factorio";
import { explainError, type ControlConnection } from "@switchyard/ctl";
import { writeConfig } from "@switchyard/node-kit";
import { readJsonFile } from "@switchyard/node-kit/files";
import { AppError, CreateHostToken } from "@switchyard/protocol";
import { installSimulator } from "@switchyard/simulator";
import type { DataDirectory, HostPlace } from "./data-directory.js";
import type { UpOptions } from "./options.js";
import type { BundledParts } from "./places.js";

const FIRST_GAME_PORT = 34_200;
/** Ports for the games of one host. */
const GAME_PORTS_PER_HOST = 100;

/** Rejects `factorio-not-found` before anything is started. */
export async function checkFactorio(directory: string): Promise<void> {
  try {
    if ((await findInstalls(directory)).length > 0) return;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError("factorio-not-found", { directory, reason }, { cause: error });
  }
  throw new AppError("factorio-not-found", { directory, reason: "no folder in it looks like one" });
}

/** Rejects `save-not-found` or `save-refused` before instances are made that could never start. */
export async function checkSave(file: string): Promise<void> {
  try {
    await inspectSave(file);
  } catch (error) {
    throw explainError(error);
  }
}

/** Written anew at each start: this version and this place may be others than those of the last start. */
export async function prepareSimulator(data: DataDirectory): Promise<string> {
  return Promise.resolve(installSimulator({ directory: data.simulator }).directory);
}

/** Settings that a person added to the file stay; those that `up` owns are set. */
export async function prepareController(
  data: DataDirectory,
  parts: BundledParts,
  { port, bind }: Pick<UpOptions, "port" | "bind">,
): Promise<void> {
  const kept = await readObject(data.controllerConfig);
  // Before log files are made in it: the folder is its owner's alone.
  await mkdir(data.controllerData, { recursive: true, mode: 0o700 });
  await writeConfig(data.controllerConfig, {
    clusterName: "switchyard",
    ...kept,
    dataDirectory: data.controllerData,
    bindAddress: bind,
    port,
    plugins: parts.plugins,
    ...(parts.webRoot !== undefined && { webRoot: parts.webRoot }),
  });
}

export interface PrepareHostOptions {
  place: HostPlace;
  /** 0 for the first host. */
  at: number;
  connection: ControlConnection;
  parts: BundledParts;
  /** Undefined: what the host has used so far, or the simulator. */
  factorioDirectory: string | undefined;
  simulator: string;
}

/** Makes a host known to the controller at its first start. */
export async function prepareHost(options: PrepareHostOptions): Promise<void> {
  const { place, connection, parts } = options;
  const kept = await readObject(place.configFile);
  const token =
    typeof kept["token"] === "string"
      ? kept["token"]
      : (await connection.request(CreateHostToken, { name: place.name })).token;
  const first = FIRST_GAME_PORT + options.at * GAME_PORTS_PER_HOST;
  await writeConfig(place.configFile, {
    publicAddress: "localhost",
    gamePortRange: `${first}-${first + GAME_PORTS_PER_HOST - 1}`,
    factorioDirectories: [options.simulator],
    ...kept,
    ...(options.factorioDirectory !== undefined && { factorioDirectories: [options.factorioDirectory] }),
    dataDirectory: place.directory,
    name: place.name,
    controllerUrl: connection.url,
    token,
    plugins: parts.plugins,
    luaModules: parts.luaModules,
  });
}

async function readObject(file: string): Promise<Record<string, unknown>> {
  const content = (await readJsonFile(file)) ?? {};
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw new AppError("config-invalid", { field: file, reason: "the file must hold one JSON object" });
  return content as Record<string, unknown>;
}
