import type { Logger } from "@switchyard/node-kit";
import type { Dispatcher } from "@switchyard/link";
import type { Askers } from "../link/askers.js";
import type { HostPresence } from "../link/host-presence.js";
import type { ClusterState } from "../state/cluster-state.js";
import { serveCollections } from "./collections.js";
import { serveHosts } from "./hosts.js";
import { serveInstances } from "./instances.js";
import { servePlugins } from "./plugins.js";
import { serveSaves } from "./saves.js";
import { serveStreams } from "./streams.js";
import { serveUsers } from "./users.js";

export interface ServeFeaturesOptions extends ClusterState {
  dispatcher: Dispatcher;
  askers: Askers;
  presence: HostPresence;
  clusterName: string;
  version: string;
  signInUrl(secret: string): string;
  log: Logger;
}

/** Everything that the controller answers. */
export function serveFeatures(options: ServeFeaturesOptions): void {
  const { dispatcher, collections, streams } = options;
  serveHosts(options);
  serveInstances(options);
  serveCollections(dispatcher, collections);
  serveStreams(dispatcher, streams);
  serveSaves(options);
  servePlugins(options);
  serveUsers(options);
}
