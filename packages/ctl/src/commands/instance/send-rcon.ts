import { AppError, instanceAddress, SendRcon } from "@switchyard/protocol";
import type { GlobalOptions, Handler } from "../../command.js";
import { findInstance } from "../../names.js";
import { printable } from "../../output/table.js";

/** The host waits for the server's reply for this long. */
const REPLY_TIMEOUT_MS = 200_000;

interface SendRconArguments extends GlobalOptions {
  instance: string;
  command: string[] | undefined;
  "--"?: unknown;
}

export const sendRcon: Handler<SendRconArguments> = async (args, context) => {
  const afterDashes = Array.isArray(args["--"]) ? args["--"].map(String) : [];
  const command = [...(args.command ?? []), ...afterDashes].join(" ");
  if (command.trim() === "")
    throw new AppError("usage", {
      reason: "Say which command to send: switchyardctl instance send-rcon NAME COMMAND",
    });
  const connection = await context.connect();
  const instance = await findInstance(connection, args.instance);
  const { reply } = await context.output.during(`Waiting for ${instance.spec.name}`, () =>
    connection.request(
      SendRcon,
      { command },
      { to: instanceAddress(instance.id), timeoutMs: context.timeoutOr(REPLY_TIMEOUT_MS) },
    ),
  );
  await context.output.result({ instanceId: instance.id, command, reply }, () =>
    context.io.stdout.isTTY ? endLine(printable(reply)) : endLine(reply),
  );
};

function endLine(reply: string): string {
  return reply === "" || reply.endsWith("\n") ? reply : `${reply}\n`;
}
