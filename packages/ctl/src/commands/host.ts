import { CreateHostToken, ListHosts } from "@switchyard/protocol";
import type { AddCommands } from "../command.js";
import { renderHosts } from "../output/views.js";
import { durationMs, renderSecret } from "../output/secrets.js";

export const hostCommands: AddCommands = (yargs, run) =>
  yargs
    .demandCommand(1)
    .command(
      "list",
      "Hosts, whether they are connected and what they can run",
      (command) => command,
      run(async (_args, context) => {
        const connection = await context.connect();
        const { hosts } = await connection.request(ListHosts, {}, { timeoutMs: context.timeoutOr(30_000) });
        await context.output.result(hosts, (colours) => renderHosts(hosts, context.io.now(), colours));
      }),
    )
    .command(
      "create-token <name>",
      "Make a host known and print the token it joins with",
      (command) =>
        command
          .positional("name", { type: "string", demandOption: true, describe: "The new host's name" })
          .option("expires-in", { type: "string", describe: "For example 30min, 12h or 7d; default: never" }),
      run(async (args, context) => {
        const expiresInMs = durationMs(args.expiresIn);
        const connection = await context.connect();
        const created = await connection.request(CreateHostToken, {
          name: args.name,
          ...(expiresInMs !== undefined && { expiresInMs }),
        });
        const about = `The token of host ${args.name} (${created.hostId}); put it into the host's configuration as "token"`;
        await context.output.result(created, () =>
          renderSecret(context, about, created.token, created.expiresAtMs),
        );
      }),
    );
