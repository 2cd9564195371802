import { AppError, ListHosts, ListInstances, type Host, type Instance } from "@switchyard/protocol";
import type { ControlConnection } from "./connection.js";

interface Named {
  id: string;
  name: string;
}

/** An id wins over a name, so that a script with ids can never be led astray by what somebody named. */
export function pick<T extends Named>(entries: readonly T[], nameOrId: string, what: string): T | undefined {
  const byId = entries.find((entry) => entry.id === nameOrId);
  if (byId) return byId;
  const byName = entries.filter((entry) => entry.name === nameOrId);
  const found = byName.length > 0 ? byName : entries.filter((entry) => isSame(entry.name, nameOrId));
  if (found.length > 1) {
    const ids = found.map((entry) => entry.id).join(", ");
    throw new AppError("name-ambiguous", { name: nameOrId, what, ids });
  }
  return found[0];
}

export async function findInstance(connection: ControlConnection, nameOrId: string): Promise<Instance> {
  const { instances } = await connection.request(ListInstances, {});
  const named = instances.map((instance) => ({ id: instance.id, name: instance.spec.name, instance }));
  const found = pick(named, nameOrId, "instance");
  if (!found) throw new AppError("instance-not-found", { instance: nameOrId });
  return found.instance;
}

export async function findHost(connection: ControlConnection, nameOrId: string): Promise<Host> {
  const { hosts } = await connection.request(ListHosts, {});
  const found = pick(hosts, nameOrId, "host");
  if (!found) throw new AppError("host-not-found", { host: nameOrId });
  return found;
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
