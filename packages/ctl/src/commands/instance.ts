import type { AddCommands } from "../command.js";
import { createInstance, deleteInstance, startInstance, stopInstance } from "./instance/change.js";
import { listInstances } from "./instance/list.js";
import { showLog } from "./instance/log.js";
import { sendRcon } from "./instance/send-rcon.js";

const INSTANCE = { type: "string", demandOption: true, describe: "Name or id" } as const;

export const instanceCommands: AddCommands = (yargs, run) => addTalking(addChanging(yargs, run), run);

const addChanging: AddCommands = (yargs, run) =>
  yargs
    .demandCommand(1)
    .command(
      "create <name>",
      "Create an instance",
      (command) =>
        command
          .positional("name", { type: "string", demandOption: true })
          .option("host", {
            type: "string",
            describe: "Name or id; default: the one with the fewest instances",
          })
          .option("save", { type: "string", describe: "A save file to begin with; default: a new map" })
          .option("factorio-version", { type: "string", describe: "latest, 2.0 or 2.0.77; default: latest" })
          .option("port", { type: "number", describe: "UDP port of the game; default: a free one" })
          .option("start", { type: "boolean", default: false, describe: "Start it, too" }),
      run(createInstance),
    )
    .command(
      "start <instance>",
      "Start an instance and wait until players can join",
      (command) =>
        command.positional("instance", INSTANCE).option("save", {
          type: "string",
          describe: "One of its saves to go on with; default: the newest",
          requiresArg: true,
        }),
      run(startInstance),
    )
    .command(
      "stop <instance>",
      "Stop an instance and wait until it has saved",
      (command) => command.positional("instance", INSTANCE),
      run(stopInstance),
    )
    .command(
      "delete <instance>",
      "Delete a stopped instance; its folder is moved aside on the host",
      (command) => command.positional("instance", INSTANCE),
      run(deleteInstance),
    );

const addTalking: AddCommands = (yargs, run) =>
  yargs
    .command(
      "list",
      "Instances and their state",
      (command) =>
        command.option("watch", { type: "boolean", default: false, describe: "Go on and show what changes" }),
      run(listInstances),
    )
    .command(
      "send-rcon <instance> [command..]",
      "Send a console command and print the reply; text without a slash is chat",
      (command) =>
        command
          .positional("instance", INSTANCE)
          .positional("command", {
            type: "string",
            array: true,
            describe: "Put -- before it when it has options",
          })
          .parserConfiguration({ "unknown-options-as-args": true, "populate--": true })
          .example('$0 instance send-rcon alpha "/time"', ""),
      run(sendRcon),
    )
    .command(
      "log <instance>",
      "Print an instance's log",
      (command) =>
        command
          .positional("instance", INSTANCE)
          .option("follow", {
            alias: "f",
            type: "boolean",
            default: false,
            describe: "Go on with each new line",
          })
          .option("tail", {
            alias: "n",
            type: "number",
            default: 100,
            describe: "The newest lines, at most 2000",
          }),
      run(showLog),
    );
