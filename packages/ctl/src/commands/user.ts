import { CreateSignInLink, CreateUserToken } from "@switchyard/protocol";
import type { AddCommands } from "../command.js";
import { durationMs, renderSecret } from "../output/secrets.js";

export const userCommands: AddCommands = (yargs, run) =>
  yargs
    .demandCommand(1)
    .command(
      "create-sign-in-link <user>",
      "Print a link that signs the user in to the panel once",
      (command) => command.positional("user", { type: "string", demandOption: true }),
      run(async ({ user }, context) => {
        const connection = await context.connect();
        const created = await connection.request(CreateSignInLink, { user });
        await context.output.result(created, () =>
          renderSecret(context, `Signs ${user} in once`, created.url, created.expiresAtMs),
        );
      }),
    )
    .command(
      "create-token <user>",
      "Print an API token of the user, for programs",
      (command) =>
        command
          .positional("user", { type: "string", demandOption: true })
          .option("expires-in", { type: "string", describe: "For example 30min, 12h or 7d; default: never" }),
      run(async ({ user, expiresIn }, context) => {
        const expiresInMs = durationMs(expiresIn);
        const connection = await context.connect();
        const created = await connection.request(CreateUserToken, {
          user,
          ...(expiresInMs !== undefined && { expiresInMs }),
        });
        await context.output.result(created, () =>
          renderSecret(context, `An API token of ${user}`, created.token, created.expiresAtMs),
        );
      }),
    );
