import { createContext, useContext, useMemo } from "react";
import type { Host, Instance } from "@switchyard/protocol";
import type { ClusterClient } from "./cluster-client.js";
import { useObservable } from "./observable.js";

const ClusterContext = createContext<ClusterClient | undefined>(undefined);

export const ClusterProvider = ClusterContext.Provider;

export function useCluster(): ClusterClient {
  const cluster = useContext(ClusterContext);
  if (!cluster) throw new Error("useCluster is used outside of ClusterProvider");
  return cluster;
}

/** By name; undefined until they are known. */
export function useInstances(): Instance[] | undefined {
  const items = useObservable(useCluster().instances.items);
  return useMemo(
    () =>
      items &&
      [...items.values()].sort((a, b) =>
        a.spec.name.localeCompare(b.spec.name, undefined, { numeric: true }),
      ),
    [items],
  );
}

/** By name; undefined until they are known. */
export function useHosts(): Host[] | undefined {
  const items = useObservable(useCluster().hosts.items);
  return useMemo(
    () =>
      items && [...items.values()].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })),
    [items],
  );
}

/** Whether the signed-in user may do something; the controller decides in the end. */
export function usePermission(permission: string): boolean {
  const session = useObservable(useCluster().session);
  return (
    session !== undefined &&
    (session.permissions.includes("admin") || session.permissions.includes(permission))
  );
}
