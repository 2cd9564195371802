import { GetSession, ListHosts, ListInstances, type InstanceState } from "@switchyard/protocol";
import type { AddCommands } from "../command.js";
import { colourState } from "../output/colours.js";
import { renderFields } from "../output/table.js";

export const statusCommand: AddCommands = (yargs, run) =>
  yargs.command(
    "$0",
    "The cluster at a glance",
    (command) => command,
    run(async (_args, context) => {
      const connection = await context.connect();
      const options = { timeoutMs: context.timeoutOr(30_000) };
      const [session, { hosts }, { instances }] = await Promise.all([
        connection.request(GetSession, {}, options),
        connection.request(ListHosts, {}, options),
        connection.request(ListInstances, {}, options),
      ]);
      const states = new Map<InstanceState, number>();
      for (const { status } of instances) states.set(status.state, (states.get(status.state) ?? 0) + 1);
      const connected = hosts.filter((host) => host.connected).length;
      const players = instances.flatMap(({ status }) => status.players).length;
      const view = {
        clusterName: session.clusterName,
        url: connection.url,
        version: session.version,
        user: session.user,
        permissions: session.permissions,
        hosts: { total: hosts.length, connected },
        instances: { total: instances.length, byState: Object.fromEntries(states) },
        players,
      };
      await context.output.result(view, (colours) => {
        const counts = [...states].map(([state, count]) => `${count} ${colourState(state, colours)}`);
        return renderFields(
          [
            ["Cluster", `${session.clusterName} (Switchyard ${session.version})`],
            ["Controller", connection.url],
            ["Signed in as", session.user],
            ["Hosts", `${connected} of ${hosts.length} connected`],
            ["Instances", counts.join(", ") || "none"],
            ["Players", String(players)],
          ],
          colours,
        );
      });
    }),
  );
