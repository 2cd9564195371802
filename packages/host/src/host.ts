import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { LuaModule } from "@switchyard/factorio";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import {
  CONTROLLER,
  HTTP_PATHS,
  instanceAddress,
  InstanceStatusChanged,
  type HostReport,
  type InstanceStatus,
  type SchemaCompiler,
} from "@switchyard/protocol";
import { LinkClient } from "@switchyard/link/node";
import { acquireLock, Lifecycle, type Logger } from "@switchyard/node-kit";
import { loadPlugins } from "@switchyard/plugin-api/load";
import {
  explainDataDirectoryError,
  hostPaths,
  parsePortRange,
  type HostConfig,
  type HostPaths,
} from "./config.js";
import { ControllerLink, type ControllerLinkOptions } from "./controller-link.js";
import { serveInstances } from "./features/instances.js";
import { LogFeature } from "./features/logs.js";
import { servePlugins } from "./features/plugins.js";
import { serveRcon } from "./features/rcon.js";
import { SaveFeature } from "./features/saves.js";
import { registerHost } from "./features/registration.js";
import { openHostStore } from "./host-store.js";
import { Installs } from "./installs.js";
import { downloadBlob } from "./instance/download-save.js";
import { realGame, type Game } from "./instance/game.js";
import { InstanceRecords } from "./instance/instance-records.js";
import type { InstanceServices } from "./instance/instance-services.js";
import { InstanceSet, type InstanceSetOptions } from "./instance/instance-set.js";
import { Ports } from "./instance/ports.js";
import { atMost } from "./pauses.js";
import { InstancePlugins } from "./plugins/instance-plugins.js";
import { PluginSet } from "./plugins/plugin-set.js";
import { StreamPositions } from "./plugins/stream-positions.js";
import { StreamPublishers } from "./plugins/stream-publishers.js";

/** How long a host waits for its controller before it starts its instances from what it knows itself. */
const OFFLINE_START_MS = 5000;
const FLUSH_MS = 5000;
/** What is not done with by then is handed out again by the next host. */
const LEAVE_MS = 5000;
/** Stopping a server takes up to five minutes by itself. */
const CLOSE_LIMIT_MS = 330_000;

export interface HostOptions {
  config: HostConfig;
  log: Logger;
  version: string;
  /** The game's seam, for tests. */
  game?: Game;
  /** Default 5000; tests of offline starts make it short. */
  offlineStartAfterMs?: number;
  /** Passed to the link. */
  reconnect?: { firstDelayMs: number; maxDelayMs: number };
}

export interface RunningHost {
  /** Resolves when the controller has registered this host for the first time; also when the host is closed. */
  readonly registered: Promise<void>;
  statuses(): { id: string; status: InstanceStatus }[];
  /**
   * Stops all instances, delivers what plugins published and lets go of everything. With `leaveRunning`, servers go on and the next
   * host takes them over; where that cannot be (other systems than Linux) they are stopped.
   */
  close(options?: { leaveRunning?: boolean }): Promise<void>;
}

/**
 * Starts a host: resolves when it works on its own data and tries to reach the controller; it does not wait for it.
 * Rejects AppError: `already-running`, `no-permission`, `store-corrupt`, `config-invalid`...
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const lifecycle = new Lifecycle(options.log);
  try {
    return await assemble(options, lifecycle);
  } catch (error) {
    await lifecycle.close();
    throw error;
  }
}

async function assemble(options: HostOptions, lifecycle: Lifecycle): Promise<RunningHost> {
  const { config, log } = options;
  const paths = hostPaths(resolve(config.dataDirectory));
  const ports = new Ports(parsePortRange(config.gamePortRange), config.gameBindAddress);
  await takeDataDirectory(paths, resolve(config.dataDirectory), lifecycle);
  const store = await openHostStore(paths.store);
  lifecycle.own("the store", () => store.close());

  const game = options.game ?? realGame();
  const directories = config.factorioDirectories.map((directory) => resolve(directory));
  const installs = new Installs(directories, game, log);
  const plugins = new PluginSet(await loadPlugins(config.plugins), store, log);
  await plugins.load();
  const compiler = createAjvCompiler();
  const link: ControllerLink = createLink(options, compiler, {
    serve: (dispatcher) => {
      serveInstances(dispatcher, instances, saves);
      saves.serve(dispatcher, instances);
      serveRcon(dispatcher, instances, config);
      servePlugins(dispatcher, plugins);
      logs.serve(dispatcher, instances);
    },
    register: async (dispatcher) => {
      await registerHost(dispatcher, { report: () => describe(options, installs), instances, plugins });
      void instances.startAutomatic();
    },
  });
  const publishers = new StreamPublishers(link, log);
  const logs = new LogFeature(link);
  const saves = new SaveFeature({
    ...{ game, installs, deletedDirectory: paths.deleted },
    blobs: { url: config.controllerUrl, token: config.token },
  });
  const sides = { link, store, positions: new StreamPositions(store), publishers, compiler, log };
  const services = {
    game,
    installs,
    ports,
    log,
    gameBindAddress: config.gameBindAddress,
    journal: journalSettings(config),
    records: new InstanceRecords(store),
    download: downloader(config),
    readModules: () => readModules(game, [...config.luaModules, ...plugins.luaDirectories()]),
    attachSides: (run) => new InstancePlugins(plugins, run, sides),
    statusChanged: ({ id }, status) =>
      link.emit(InstanceStatusChanged, { status }, { to: CONTROLLER, from: instanceAddress(id) }),
  } satisfies InstanceServices;
  const instances: InstanceSet = new InstanceSet({
    services,
    instancesDirectory: paths.instances,
    deletedDirectory: paths.deleted,
    ...whatFollowsInstances([logs, saves], publishers),
  });
  await instances.load();
  link.onLost(() => logs.clear());
  return begin(options, { lifecycle, link, instances, publishers, logs });
}

/** Everything that keeps something for each instance. */
function whatFollowsInstances(
  features: readonly Pick<LogFeature | SaveFeature, "add" | "remove">[],
  publishers: StreamPublishers,
): Pick<InstanceSetOptions, "onAdded" | "onRemoved"> {
  return {
    onAdded: (runtime) => features.forEach((feature) => feature.add(runtime)),
    onRemoved: async (id) => {
      for (const feature of features) feature.remove(id);
      await publishers.remove(id);
    },
  };
}

function createLink(
  { config, log, version, reconnect }: HostOptions,
  compiler: SchemaCompiler,
  callbacks: Pick<ControllerLinkOptions, "serve" | "register">,
): ControllerLink {
  const client = new LinkClient({
    url: new URL(HTTP_PATHS.link, config.controllerUrl).href,
    ...(config.token === "" ? {} : { token: config.token }),
    identity: { version },
    log,
    ...(reconnect ? { reconnect } : {}),
  });
  return new ControllerLink({ client, url: config.controllerUrl, compiler, log, ...callbacks });
}

function downloader({ controllerUrl, token }: HostConfig): InstanceServices["download"] {
  return (blob, target, signal) => downloadBlob({ controllerUrl, token, blob, target, signal });
}

function readModules(game: Game, directories: string[]): Promise<LuaModule[]> {
  return Promise.all(directories.map((directory) => game.readLuaModule(resolve(directory))));
}

interface Parts {
  lifecycle: Lifecycle;
  link: ControllerLink;
  instances: InstanceSet;
  publishers: StreamPublishers;
  logs: LogFeature;
}

function begin(options: HostOptions, parts: Parts): RunningHost {
  const { lifecycle, link, instances, publishers, logs } = parts;
  const closing = new AbortController();
  lifecycle.own("the link", () => link.close());
  lifecycle.own("log followers", () => logs.clear());
  lifecycle.own("streams", () => publishers.close(FLUSH_MS));
  let leaveRunning = false;
  lifecycle.own("instances", () => (leaveRunning ? instances.leave(LEAVE_MS) : instances.close()));
  link.start();
  const registered = link.whenReady(closing.signal);
  void startOffline();
  return {
    registered,
    statuses: () => instances.statuses(),
    close: (how = {}) => {
      leaveRunning = how.leaveRunning === true;
      closing.abort();
      return lifecycle.close(CLOSE_LIMIT_MS);
    },
  };

  async function startOffline(): Promise<void> {
    await atMost(options.offlineStartAfterMs ?? OFFLINE_START_MS, registered);
    if (closing.signal.aborted || link.isReady) return;
    options.log.warn("The controller is not reached; instances are started from what this host knows");
    await instances.startAutomatic();
  }
}

/** Without /proc nobody could tell a server from another process that got its id. */
function journalSettings({ journalDirectory }: HostConfig): InstanceServices["journal"] {
  if (process.platform !== "linux") return undefined;
  return journalDirectory === "" ? {} : { directory: resolve(journalDirectory) };
}

async function takeDataDirectory(paths: HostPaths, directory: string, lifecycle: Lifecycle): Promise<void> {
  try {
    for (const path of [directory, paths.instances, paths.deleted]) await mkdir(path, { recursive: true });
  } catch (error) {
    throw explainDataDirectoryError(error, directory);
  }
  const lock = acquireLock(paths.lock, directory);
  lifecycle.own("the lock", () => lock.release());
}

async function describe({ config, version }: HostOptions, installs: Installs): Promise<HostReport> {
  return {
    name: config.name,
    version,
    platform: `${process.platform}-${process.arch}`,
    publicAddress: config.publicAddress,
    installs: await installs.report(),
  };
}
