import { FactorioError } from "../errors.js";
import { batchCommand, readBatch, readSingle, singleCommand } from "./batch-text.js";
import { utf8Bytes } from "./lua-text.js";
import {
  settleError,
  settleOutcome,
  settleReply,
  unexpectedOutput,
  type RconCommand,
} from "./rcon-command.js";

/** How often a call is repeated to a game that warns of achievements before it stops counting as an answer. */
const MAX_WARNINGS = 3;

/** One command on the wire: a console command, or one or more calls. */
export interface Flight {
  readonly commands: readonly RconCommand[];
  readonly form: "plain" | "batch" | "single";
  readonly text: string;
  readonly bytes: number;
}

/** What the reply says beyond what the callers were told. */
export type Landing = "done" | "warned" | "no-batch";

/** For a console command, or for a call that is sent without the core module. */
export function singleFlight(command: RconCommand): Flight {
  if (command.text !== undefined)
    return { commands: [command], form: "plain", text: command.text, bytes: command.bytes };
  const text = command.call ? singleCommand(command.call) : "";
  return { commands: [command], form: "single", text, bytes: utf8Bytes(text) };
}

export function batchFlight(commands: readonly RconCommand[]): Flight {
  const text = batchCommand(commands.flatMap(({ call }) => (call ? [call] : [])));
  return { commands, form: "batch", text, bytes: utf8Bytes(text) };
}

/** Tells the callers; for anything but "done" the commands that are not settled have not run. */
export function land(flight: Flight, reply: string): Landing {
  const [first] = flight.commands;
  if (!first) return "done";
  if (flight.form === "plain") settleReply(first, reply);
  else if (flight.form === "batch") return landBatch(flight, reply);
  else {
    const outcome = readSingle(reply);
    if (!outcome) return warned(flight, reply);
    settleOutcome(first, outcome);
  }
  return "done";
}

function landBatch({ commands, ...flight }: Flight, reply: string): Landing {
  const read = readBatch(reply, commands.length);
  switch (read.kind) {
    case "outcomes":
      for (const [index, command] of commands.entries()) {
        const outcome = read.outcomes[index];
        if (outcome) settleOutcome(command, outcome);
      }
      return "done";
    case "warned":
      return warned({ commands, ...flight }, reply);
    case "no-batch":
      return "no-batch";
    case "unreadable":
      for (const command of commands)
        settleError(command, unexpectedOutput("the results of its calls", reply));
      return "done";
  }
}

function warned({ commands }: Flight, reply: string): Landing {
  for (const command of commands) {
    command.warnings += 1;
    if (command.warnings <= MAX_WARNINGS) continue;
    const message = `The game does not run script commands; it answers: ${reply.trim().slice(0, 300)}`;
    settleError(
      command,
      new FactorioError("rcon-lua-error", message, { detail: { sent: true, luaError: "" } }),
    );
  }
  return "warned";
}
