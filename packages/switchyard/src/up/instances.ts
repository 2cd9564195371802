import { setTimeout as delay } from "node:timers/promises";
import { uploadSave, type ControlConnection } from "@switchyard/ctl";
import {
  CreateInstance,
  ListInstances,
  StartInstance,
  type Host,
  type Instance,
  type InstanceState,
} from "@switchyard/protocol";

/** Loading a large map takes minutes; the host's own limit is ten. */
const START_TIMEOUT_MS = 11 * 60_000;
const POLL_MS = 200;
const ON_ITS_WAY: readonly InstanceState[] = ["unknown", "preparing", "starting", "stopping"];
const NAMES =
  "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega";

/** `alpha` to `omega`, then `alpha-2` and so on, without those that are taken. */
export function freeNames(taken: ReadonlySet<string>, count: number): string[] {
  const letters = NAMES.split(" ");
  const names: string[] = [];
  for (let at = 0; names.length < count; at += 1) {
    const round = Math.floor(at / letters.length) + 1;
    const letter = letters[at % letters.length] ?? "";
    const name = round === 1 ? letter : `${letter}-${round}`;
    if (!taken.has(name)) names.push(name);
  }
  return names;
}

export interface CreateMissingOptions {
  connection: ControlConnection;
  hosts: readonly Host[];
  /** How many instances there should be at least. */
  count: number;
  save: string | undefined;
  signal: AbortSignal;
}

/** Spreads new instances over the hosts, those with the fewest first; answers the new ones. */
export async function createMissingInstances(options: CreateMissingOptions): Promise<Instance[]> {
  const { connection, hosts, count, save: file, signal } = options;
  const { instances } = await connection.request(ListInstances, {});
  if (instances.length >= count || hosts.length === 0) return [];
  const { url, token } = connection;
  const save = file === undefined ? undefined : await uploadSave({ url, token, file, signal });
  const load = new Map(
    hosts.map(({ id }) => [id, instances.filter(({ spec }) => spec.hostId === id).length]),
  );
  const created: Instance[] = [];
  for (const name of freeNames(new Set(instances.map(({ spec }) => spec.name)), count - instances.length)) {
    const hostId = leastLoaded(hosts, load);
    load.set(hostId, (load.get(hostId) ?? 0) + 1);
    const answer = await connection.request(CreateInstance, { name, hostId, ...(save && { save }) });
    created.push(answer.instance);
  }
  return created;
}

/** Starts the new ones together; rejects with the first reason why one did not. */
export async function startInstances(
  connection: ControlConnection,
  instances: readonly Instance[],
): Promise<void> {
  const timeoutMs = START_TIMEOUT_MS;
  await Promise.all(
    instances.map(({ id }) => connection.request(StartInstance, { instanceId: id }, { timeoutMs })),
  );
}

/** Waits until each instance that its host starts by itself is running, or has failed to; answers all instances. */
export async function untilSettled(
  connection: ControlConnection,
  signal: AbortSignal,
  onChange: (words: string) => void,
): Promise<Instance[]> {
  const giveUpAtMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const { instances } = await connection.request(ListInstances, {});
    const waiting = instances.filter(isOnItsWay);
    if (waiting.length === 0 || performance.now() > giveUpAtMs) return instances;
    onChange(`Waiting for ${waiting.map(({ spec, status }) => `${spec.name} (${status.state})`).join(", ")}`);
    await delay(POLL_MS, undefined, { signal });
  }
}

/** One that should run is on its way while it is stopped, too: its host has not come to it yet. */
function isOnItsWay({ spec, status }: Instance): boolean {
  return spec.autoStart && (ON_ITS_WAY.includes(status.state) || status.state === "stopped");
}

function leastLoaded(hosts: readonly Host[], load: ReadonlyMap<string, number>): string {
  const [first, ...others] = hosts;
  const best = others.reduce((a, b) => ((load.get(b.id) ?? 0) < (load.get(a?.id ?? "") ?? 0) ? b : a), first);
  return best?.id ?? "";
}
