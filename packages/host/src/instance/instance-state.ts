import { unknownStatus, type InstanceStatus } from "@switchyard/protocol";

/** `unknown` is the controller's word for a host that is away; a host always knows. */
export type RuntimeState = Exclude<InstanceStatus["state"], "unknown">;

/** The one transition table. A start may fail in any phase; a server may end by itself while it runs. */
const TRANSITIONS: Readonly<Record<RuntimeState, readonly RuntimeState[]>> = {
  stopped: ["preparing"],
  crashed: ["preparing"],
  preparing: ["starting", "stopping", "stopped", "crashed"],
  // Back to preparing when the port was taken just before the server opened it.
  starting: ["running", "preparing", "stopping", "stopped", "crashed"],
  running: ["stopping", "stopped", "crashed"],
  stopping: ["stopped", "crashed"],
};

/** The status after a transition. Throws when the table does not allow it, which is a bug. */
export function changeState(
  status: InstanceStatus,
  to: RuntimeState,
  words: string,
  nowMs: number,
): InstanceStatus {
  const from = status.state;
  if (from === "unknown" || !TRANSITIONS[from].includes(to)) {
    throw new Error(`An instance cannot go from ${from} to ${to}`);
  }
  const ended = to === "stopped" || to === "crashed";
  return { ...status, state: to, words, sinceMs: nowMs, ...(ended ? { players: [] } : {}) };
}

export function firstStatus(nowMs: number): InstanceStatus {
  return unknownStatus("stopped", nowMs);
}
