import type { ServerState } from "./server-types.js";

/** Every allowed step. "stopped" and "crashed" are final: a FactorioServer is one run. */
const NEXT: Readonly<Record<ServerState, readonly ServerState[]>> = {
  stopped: ["preparing"],
  preparing: ["starting", "stopping", "crashed"],
  starting: ["running", "stopping", "stopped", "crashed"],
  running: ["stopping", "stopped", "crashed"],
  stopping: ["stopped", "crashed"],
  crashed: [],
};

export function mayFollow(from: ServerState, to: ServerState): boolean {
  return NEXT[from].includes(to);
}
