import type { AddCommands } from "../command.js";
import { changeSaves } from "./saves/change.js";
import { copySaves } from "./saves/copy.js";
import { listSaves } from "./saves/list.js";

const INSTANCE = { type: "string", demandOption: true, describe: "Name or id of the instance" } as const;
const SAVE = {
  type: "string",
  demandOption: true,
  describe: "The save's name, .zip may be left out",
} as const;

export const saveCommands: AddCommands = (yargs, run) => addCopying(addChanging(yargs, run), run);

const addChanging: AddCommands = (yargs, run) =>
  yargs
    .demandCommand(1)
    .command(
      "list <instance>",
      "Saves of an instance, newest first",
      (command) => command.positional("instance", INSTANCE),
      run(listSaves),
    )
    .command(
      "create <instance> [name]",
      "Make a new map among an instance's saves",
      (command) =>
        command
          .positional("instance", INSTANCE)
          .positional("name", { type: "string", describe: "Default: new-map" })
          .option("seed", { type: "number", describe: "Of the map generator", requiresArg: true })
          .option("preset", {
            type: "string",
            describe: "default, rich-resources, marathon, death-world, rail-world...",
            requiresArg: true,
          })
          .option("map-gen-settings", {
            type: "string",
            describe: "A file like the game's map-gen-settings.example.json",
            requiresArg: true,
          })
          .option("map-settings", {
            type: "string",
            describe: "A file like the game's map-settings.example.json",
            requiresArg: true,
          })
          .epilogue("Map exchange strings are not read yet; give settings files"),
      run(changeSaves.create),
    )
    .command(
      "copy <instance> <save> [to]",
      "Copy a save within an instance",
      (command) =>
        command
          .positional("instance", INSTANCE)
          .positional("save", SAVE)
          .positional("to", { type: "string", describe: "Default: the same name with a number" }),
      run(changeSaves.copy),
    )
    .command(
      "rename <instance> <save> <to>",
      "Rename a save that is not loaded",
      (command) =>
        command
          .positional("instance", INSTANCE)
          .positional("save", SAVE)
          .positional("to", { type: "string", demandOption: true }),
      run(changeSaves.rename),
    );

const addCopying: AddCommands = (yargs, run) =>
  yargs
    .command(
      "upload <instance> <file>",
      "Add a save file to an instance",
      (command) =>
        command
          .positional("instance", INSTANCE)
          .positional("file", { type: "string", demandOption: true })
          .option("name", { type: "string", describe: "Default: the file's own", requiresArg: true })
          .epilogue("It is used when you say so: switchyardctl instance start NAME --save SAVE"),
      run(copySaves.upload),
    )
    .command(
      "download <instance> <save> [file]",
      "Save to a file, or into a folder",
      (command) =>
        command
          .positional("instance", INSTANCE)
          .positional("save", SAVE)
          .positional("file", { type: "string", describe: "Default: the save's name in this folder" })
          .option("force", { type: "boolean", default: false, describe: "Write over a file that is there" }),
      run(copySaves.download),
    )
    .command(
      "transfer <instance> <save> <target>",
      "Copy a save to another instance, on any host",
      (command) =>
        command
          .positional("instance", INSTANCE)
          .positional("save", SAVE)
          .positional("target", {
            type: "string",
            demandOption: true,
            describe: "Name or id of the instance",
          })
          .option("name", { type: "string", describe: "Default: the same name", requiresArg: true })
          .option("delete-source", {
            type: "boolean",
            default: false,
            describe: "Delete it at its source when the target has it",
          }),
      run(copySaves.transfer),
    )
    .command(
      "delete <instance> <save>",
      "Delete a save that is not loaded; it is moved aside on the host",
      (command) => command.positional("instance", INSTANCE).positional("save", SAVE),
      run(changeSaves.delete),
    );
