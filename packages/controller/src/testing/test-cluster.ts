import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AppError,
  CollectionChanged,
  CORE_MESSAGES,
  HTTP_PATHS,
  RegisterHost,
  unknownStatus,
  type CollectionChange,
  type InstanceStatus,
  type Permission,
  type ResultOf,
} from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { Dispatcher, silentLog, type Session } from "@switchyard/link";
import { LinkClient } from "@switchyard/link/node";
import { readConfig, silentLogger, type Logger } from "@switchyard/node-kit";
import type { PluginManifest } from "@switchyard/plugin-api";
import { defineControllerConfig } from "../config.js";
import { startController, type RunningController } from "../controller.js";

export interface TestCluster {
  readonly directory: string;
  /** The one that runs now. */
  controller: RunningController;
  /** Started anew on the same data and port. */
  restart(): Promise<void>;
  connectHost(name: string): Promise<TestHost>;
  connectControl(token: string): Promise<TestPeer>;
  /** Of a new user who may do just this. */
  tokenFor(permissions: readonly Permission[]): Promise<string>;
  close(): Promise<void>;
}

export interface TestPeer {
  readonly client: LinkClient;
  readonly session: Session;
  readonly dispatcher: Dispatcher;
  /** In the order they came. */
  readonly changes: CollectionChange[];
  close(): Promise<void>;
}

export interface TestHost extends TestPeer {
  readonly hostId: string;
  readonly token: string;
  register(instances?: { id: string; status: InstanceStatus }[]): Promise<ResultOf<typeof RegisterHost>>;
}

export interface TestClusterOptions {
  plugins?: readonly PluginManifest[];
  config?: Record<string, unknown>;
  webRoot?: string;
  logger?: Logger;
}

export async function startTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const directory = await mkdtemp(join(tmpdir(), "switchyard-controller-"));
  const peers: TestPeer[] = [];
  const start = async (port: number) =>
    startController({
      config: await readConfig(defineControllerConfig, {
        overrides: { ...options.config, dataDirectory: join(directory, "controller"), port },
      }),
      logger: options.logger ?? silentLogger(),
      plugins: options.plugins ?? [],
      ...(options.webRoot !== undefined && { webRoot: options.webRoot }),
    });
  let users = 0;
  const cluster: TestCluster = {
    directory,
    controller: await start(0),
    async restart() {
      const { port } = cluster.controller;
      await cluster.controller.close();
      cluster.controller = await start(port);
    },
    async connectHost(name) {
      const host = await connectHost(cluster.controller, name);
      peers.push(host);
      return host;
    },
    async connectControl(token) {
      const peer = await connect(cluster.controller.url, token);
      peers.push(peer);
      return peer;
    },
    async tokenFor(permissions) {
      users += 1;
      await cluster.controller.createUser(`user-${users}`, permissions);
      return (await cluster.controller.createUserToken(`user-${users}`)).token;
    },
    async close() {
      await Promise.all(peers.map((peer) => peer.close()));
      await cluster.controller.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return cluster;
}

async function connectHost(controller: RunningController, name: string): Promise<TestHost> {
  const { hostId, token } = await controller.createHostToken(name);
  const peer = await connect(controller.url, token);
  const host: TestHost = {
    ...peer,
    hostId,
    token,
    register: (instances = []) =>
      peer.dispatcher.request(
        RegisterHost,
        {
          report: { name, version: "0.1.0", platform: "linux", publicAddress: "127.0.0.1", installs: [] },
          instances,
        },
        { to: "controller" },
      ),
  };
  await host.register();
  return host;
}

export async function connect(url: string, token: string, messages = CORE_MESSAGES): Promise<TestPeer> {
  const client = new LinkClient({
    url: `${url}${HTTP_PATHS.link}`,
    token,
    identity: { version: "0.1.0" },
    log: silentLog,
    stopOnRefusal: true,
  });
  client.start();
  let session: Session;
  try {
    session = await client.opened(AbortSignal.timeout(5000));
  } catch (error) {
    await client.close();
    throw error;
  }
  const dispatcher = new Dispatcher({
    address: session.localAddress,
    messages,
    compiler: createAjvCompiler(),
    send: (frame) => session.send(frame),
  });
  session.onFrame((frame) => dispatcher.accept(frame));
  session.onState((state, reason) => {
    if (state === "lost") dispatcher.failPending(() => true, reason ?? new AppError("session-lost"));
  });
  const changes: CollectionChange[] = [];
  dispatcher.on(CollectionChanged, (event) => void changes.push(...event.changes));
  const close = async () => {
    await client.close();
    dispatcher.close();
  };
  return { client, session, dispatcher, changes, close };
}

export function statusOf(state: InstanceStatus["state"], sinceMs = Date.now()): InstanceStatus {
  return { ...unknownStatus("stopped", sinceMs), state };
}

/** For `assert.rejects`. */
export function refusal(code: string): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof AppError && error.code === code) return true;
    throw error;
  };
}

/** Polls, for what is told by nobody. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  what: string,
): Promise<T> {
  for (const endMs = Date.now() + 5000; Date.now() < endMs;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what} did not happen within 5 s`);
}
