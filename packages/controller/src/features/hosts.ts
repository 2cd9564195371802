import {
  CreateHostToken,
  hostAddress,
  ListHosts,
  parseAddress,
  RegisterHost,
  unknownStatus,
  type ParamsOf,
  type ResultOf,
} from "@switchyard/protocol";
import type { Dispatcher } from "@switchyard/link";
import type { Logger } from "@switchyard/node-kit";
import type { Askers } from "../link/askers.js";
import type { HostPresence } from "../link/host-presence.js";
import type { Plugins } from "../state/plugins.js";
import type { Hosts } from "../state/hosts.js";
import type { Instances } from "../state/instances.js";

export interface ServeHostsOptions {
  dispatcher: Dispatcher;
  hosts: Hosts;
  instances: Instances;
  plugins: Pick<Plugins, "list">;
  presence: HostPresence;
  askers: Askers;
  clusterName: string;
  log: Logger;
}

export function serveHosts(options: ServeHostsOptions): void {
  const { dispatcher, hosts, askers } = options;
  dispatcher.handle(ListHosts, () => ({ hosts: hosts.list() }));
  dispatcher.handle(CreateHostToken, ({ name, expiresInMs }, context) =>
    hosts.createToken(name, expiresInMs, askers.actor(context)),
  );
  dispatcher.handle(RegisterHost, async (params, { source }) => {
    const address = parseAddress(source);
    return registerHost(options, address?.kind === "host" ? address.id : source, params);
  });
}

/** What the host says it runs is taken over; what it should run is the answer. */
async function registerHost(
  options: ServeHostsOptions,
  hostId: string,
  { report, instances }: ParamsOf<typeof RegisterHost>,
): Promise<ResultOf<typeof RegisterHost>> {
  const { hosts, presence, log, plugins, clusterName } = options;
  const host = hosts.require(hostId);
  await takeOverStatuses(options, hostId, instances);
  await presence.registered(hostAddress(hostId), report);
  log.info(`Host ${host.name} is connected`, {
    hostId,
    version: report.version,
    instances: instances.length,
  });
  return {
    clusterName,
    instances: options.instances.ofHost(hostId).map(({ spec }) => spec),
    plugins: plugins.list(),
  };
}

async function takeOverStatuses(
  { instances, hosts, log }: ServeHostsOptions,
  hostId: string,
  reported: ParamsOf<typeof RegisterHost>["instances"],
): Promise<void> {
  const told = new Map(reported.map(({ id, status }) => [id, status]));
  for (const { spec, status } of instances.ofHost(hostId)) {
    const isOver = status.state !== "stopped" && status.state !== "crashed";
    // The host does not have it: whatever ran before does not run now.
    const now = told.get(spec.id) ?? (isOver ? unknownStatus("stopped", Date.now()) : status);
    await instances.setStatus(spec.id, now);
    told.delete(spec.id);
  }
  for (const id of told.keys()) {
    const owner = instances.find(id);
    log.warn(
      owner
        ? `Host ${hosts.require(hostId).name} has the instance ${id}, which is assigned to another host; it is not started there`
        : `Host ${hosts.require(hostId).name} has the instance ${id}, which this controller does not know. To keep its save, create ` +
            `an instance with --save from the saves/ folder of instances/${id} on that host; to drop it, remove that folder`,
      { hostId, instanceId: id },
    );
  }
}
