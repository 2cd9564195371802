import type { SchemaCompiler } from "@switchyard/protocol";
import type { Logger } from "@switchyard/node-kit";
import type { PluginManifest } from "@switchyard/plugin-api";
import { SignIn } from "../auth/sign-in.js";
import { Tokens } from "../auth/tokens.js";
import { ControllerStore } from "../store/controller-store.js";
import { Blobs } from "./blobs.js";
import { Collections, type CollectionsOptions } from "./collections.js";
import { Hosts } from "./hosts.js";
import { Instances } from "./instances.js";
import { Plugins } from "./plugins.js";
import { Streams } from "./streams.js";
import { Users } from "./users.js";

export interface OpenStateOptions {
  storeFile: string;
  blobDirectory: string;
  maxUploadBytes: number;
  maxBlobsBytes: number;
  manifests: readonly PluginManifest[];
  compiler: SchemaCompiler;
  log: Logger;
  watcherAt: CollectionsOptions["watcherAt"];
}

/** All that the controller keeps, loaded from its store. */
export interface ClusterState {
  store: ControllerStore;
  users: Users;
  tokens: Tokens;
  signIn: SignIn;
  collections: Collections;
  hosts: Hosts;
  instances: Instances;
  streams: Streams;
  plugins: Plugins;
  blobs: Blobs;
}

const FORGET_TOKENS_AFTER_MS = 90 * 24 * 3_600_000;

/** Rejects `store-corrupt`, `store-too-new`, `no-permission`, `disk-full`. */
export async function openState(options: OpenStateOptions): Promise<ClusterState> {
  const store = await ControllerStore.open(options.storeFile);
  try {
    const state = createState(store, options);
    await loadState(state);
    return state;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function createState(store: ControllerStore, options: OpenStateOptions): ClusterState {
  const { compiler, manifests, log } = options;
  const users = new Users(store);
  const tokens = new Tokens(store);
  const collections = new Collections({ store, watcherAt: options.watcherAt });
  const hosts = new Hosts({ store, tokens, collections });
  const instances = new Instances({ store, collections, hosts });
  collections.addSource("hosts", hosts);
  collections.addSource("instances", instances);
  const nameOf = (source: string) => instances.find(source)?.spec.name ?? source;
  const streams = new Streams({ store, compiler, nameOf });
  for (const { streams: declared } of manifests) streams.declare(declared ?? []);
  return {
    store,
    users,
    tokens,
    signIn: new SignIn({ store, users, tokens }),
    collections,
    hosts,
    instances,
    streams,
    plugins: new Plugins({ manifests, store, compiler, log }),
    blobs: new Blobs({
      store,
      directory: options.blobDirectory,
      maxBytes: options.maxUploadBytes,
      maxTotalBytes: options.maxBlobsBytes,
      referenced: () => instances.firstSaveBlobs(),
      log,
    }),
  };
}

async function loadState(state: ClusterState): Promise<void> {
  await state.users.load();
  await state.collections.load();
  await state.instances.load();
  await state.hosts.load(state.instances);
  await state.plugins.load();
  await state.blobs.open();
  await state.tokens.prune(Date.now() - FORGET_TOKENS_AFTER_MS);
}
