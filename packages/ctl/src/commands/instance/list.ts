import { ListHosts, ListInstances, type Instance } from "@switchyard/protocol";
import type { CommandContext, GlobalOptions, Handler } from "../../command.js";
import { colourState } from "../../output/colours.js";
import { singleLine } from "../../output/table.js";
import { clockTime } from "../../output/time.js";
import { instanceView, renderInstances } from "../../output/views.js";
import { untilInterrupted } from "../../until.js";
import { WatchedCollection } from "../../watch.js";

const CLEAR_SCREEN = "\u001b[H\u001b[2J";

export const listInstances: Handler<GlobalOptions & { watch: boolean }> = async (args, context) => {
  if (args.watch) return watchInstances(context);
  const connection = await context.connect();
  const options = { timeoutMs: context.timeoutOr(30_000) };
  const [{ instances }, { hosts }] = await Promise.all([
    connection.request(ListInstances, {}, options),
    connection.request(ListHosts, {}, options),
  ]);
  const views = instances.map((instance) => instanceView(instance, hosts));
  await context.output.result(views, (colours) => renderInstances(views, context.io.now(), colours));
};

/** On a terminal the table is drawn again; elsewhere, and with JSON, each change is a line. */
async function watchInstances(context: CommandContext): Promise<void> {
  const connection = await context.connect();
  const isScreen = context.output.format === "table" && context.io.stdout.isTTY === true;
  await untilInterrupted(context, connection, async (fail) => {
    const hosts = new WatchedCollection(connection, "hosts", () => redraw(), fail);
    const views = () =>
      [...instances.entities.values()].map((instance) =>
        instanceView(instance, [...hosts.entities.values()]),
      );
    const instances = new WatchedCollection(
      connection,
      "instances",
      (id, instance) => {
        if (isScreen) redraw();
        else void printChange(context, id, instance, [...hosts.entities.values()]).catch(fail);
      },
      fail,
    );
    const redraw = () => {
      if (!isScreen) return;
      const table = renderInstances(views(), context.io.now(), context.output.colours);
      void context.output.raw(`${CLEAR_SCREEN}${table}`).catch(fail);
    };
    await hosts.start();
    await instances.start();
    redraw();
    const timer = isScreen ? setInterval(redraw, 1000) : undefined;
    return () => clearInterval(timer);
  });
}

type Hosts = Parameters<typeof instanceView>[1];

function printChange(
  context: CommandContext,
  id: string,
  instance: Instance | undefined,
  hosts: Hosts,
): Promise<void> {
  const { output, io } = context;
  if (!instance)
    return output.item({ change: "deleted", id }, () => `${clockTime(io.now())} ${id} deleted\n`);
  const view = instanceView(instance, hosts);
  return output.item({ change: "set", instance: view }, (colours) => {
    const words = view.words === "" ? "" : ` ${singleLine(view.words)}`;
    return `${clockTime(io.now())} ${view.name} ${colourState(view.state, colours)}${words}\n`;
  });
}
