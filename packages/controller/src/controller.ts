import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { AppError, CORE_MESSAGES } from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { explainSystemError, Lifecycle, type Logger } from "@switchyard/node-kit";
import type { PluginManifest } from "@switchyard/plugin-api";
import { baseUrl, createAdministration, signInUrl, type Administration } from "./administration.js";
import { AttemptLimit } from "./auth/attempt-limit.js";
import { RequestOrigin } from "./auth/origin.js";
import type { ControllerConfig } from "./config.js";
import { takeDataDirectory } from "./data-directory.js";
import { serveFeatures } from "./features/serve-features.js";
import { blobRoutes } from "./http/blob-routes.js";
import { closeHttpServer, createHttpServer } from "./http/http-server.js";
import { sessionRoutes } from "./http/session-routes.js";
import { Askers } from "./link/askers.js";
import { ControllerLink } from "./link/controller-link.js";
import { HostPresence } from "./link/host-presence.js";
import { Peers } from "./link/peers.js";
import { ControllerSides } from "./plugins/controller-sides.js";
import { openState } from "./state/cluster-state.js";
import { readVersion } from "./version.js";

export interface StartControllerOptions {
  config: ControllerConfig;
  logger: Logger;
  plugins: readonly PluginManifest[];
  /** The built panel; wins over the config's. */
  webRoot?: string;
}

/** A controller that serves. */
export interface RunningController extends Administration {
  /** How people and hosts reach it; without a slash at the end. */
  readonly url: string;
  /** The one it listens on, also when the config says 0. */
  readonly port: number;
  /** Sessions are told, what waits is answered, and everything is on disk when it resolves. */
  close(): Promise<void>;
}

/** Rejects `already-running`, `port-taken`, `port-refused`, `no-permission`, `disk-full`, `store-...`, `config-invalid`. */
export async function startController(options: StartControllerOptions): Promise<RunningController> {
  const lifecycle = new Lifecycle(options.logger);
  try {
    return await assemble(options, lifecycle);
  } catch (error) {
    await lifecycle.close();
    throw error;
  }
}

async function assemble(options: StartControllerOptions, lifecycle: Lifecycle): Promise<RunningController> {
  const { config, logger: log, plugins: manifests } = options;
  const { clusterName, trustedProxies, publicUrl } = config;
  const version = readVersion();
  const compiler = createAjvCompiler();
  const origin = new RequestOrigin({ trustedProxies, publicUrl });
  const directory = takeDataDirectory(config.dataDirectory);
  lifecycle.own("the lock", () => directory.lock.release());

  const state = await openState({
    storeFile: directory.storeFile,
    blobDirectory: directory.blobs,
    maxUploadBytes: config.maxUploadBytes,
    maxBlobsBytes: config.maxBlobsBytes,
    manifests,
    compiler,
    log,
    watcherAt: (address) => link.watcherAt(address),
  });
  lifecycle.own("the store", () => state.store.close());
  lifecycle.own("uploads", () => state.blobs.close());

  const peers = new Peers();
  const askers = new Askers(peers, state.users);
  const presence = new HostPresence({ hosts: state.hosts, peers, follower: state.instances, log });
  const messages = [...CORE_MESSAGES, ...state.plugins.messages()];
  const link = new ControllerLink({
    ...state,
    ...{ messages, compiler, origin, peers, askers, presence, version, log },
    onControlGone: (address) => state.collections.drop(address),
  });
  const { dispatcher } = link;
  state.tokens.onRevoked((hash) => peers.cut(hash, new AppError("token-unknown")));
  const shared = { ...state, origin, compiler, clusterName, version, log };
  const app = await createHttpServer(
    { webRoot: options.webRoot ?? config.webRoot, isHttps: publicUrl?.startsWith("https:") ?? false, log },
    [sessionRoutes({ ...shared, attempts: new AttemptLimit() }), blobRoutes(shared)],
  );
  let url = "";
  const linkUrl = (secret: string) => signInUrl(url, secret);
  serveFeatures({ ...shared, dispatcher, askers, presence, signInUrl: linkUrl });
  const sides = new ControllerSides({ ...shared, manifests, dispatcher, askers });

  lifecycle.own("the HTTP server", () => closeHttpServer(app));
  lifecycle.own("presence", () => [presence, peers, state.collections].forEach((part) => part.close()));
  lifecycle.own("links", () => link.close(new AppError("shutting-down", { what: "The controller" })));
  lifecycle.own("streams", () => state.streams.close());
  lifecycle.own("plugins", () => sides.close());
  await sides.start();
  link.listen(app.server);
  const port = await listen(app, config);
  url = baseUrl(config.bindAddress, port, publicUrl);
  log.info(`The controller of ${clusterName} serves at ${url}`, { version, dataDirectory: directory.path });
  return { url, port, close: () => lifecycle.close(), ...createAdministration(state, linkUrl) };
}

async function listen(app: FastifyInstance, { bindAddress, port }: ControllerConfig): Promise<number> {
  try {
    await app.listen({ host: bindAddress, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRNOTAVAIL") {
      const reason = `this machine has no address ${bindAddress}`;
      throw new AppError("config-invalid", { field: "bindAddress", reason }, { cause: error });
    }
    throw explainSystemError(error, { port });
  }
  return (app.server.address() as AddressInfo).port;
}
