import { resolve } from "node:path";
import { AppError } from "@switchyard/protocol";
import type { AddCommands, CommandContext } from "../command.js";
import { printLogReport } from "../debug/log-report.js";
import { renderPatch, renderSave, saveView } from "../debug/save-views.js";

export const debugCommands: AddCommands = (yargs, run) =>
  addSaveTools(yargs, run)
    .demandCommand(1)
    .command(
      "parse-log <file>",
      "What happened according to a server's log (- for standard input)",
      (command) => command.positional("file", { type: "string", demandOption: true }),
      run(async ({ file }, context) =>
        // The parser makes an empty text of a lone "-".
        printLogReport(file === "" ? "-" : absolute(context, file), context),
      ),
    );

const addSaveTools: AddCommands = (yargs, run) =>
  yargs
    .command(
      "inspect-save <file>",
      "Version, scenario, mods and modules of a save",
      (command) => command.positional("file", { type: "string", demandOption: true }),
      run(async ({ file }, context) => {
        const { inspectSave } = await import("@switchyard/factorio");
        const path = absolute(context, file);
        const view = saveView(path, await inspectSave(path));
        await context.output.result(view, (colours) => renderSave(view, colours));
      }),
    )
    .command(
      "patch-save <in> <out>",
      "Write a copy of a save that loads Lua modules; they replace those that it had",
      (command) =>
        command
          .positional("in", { type: "string", demandOption: true })
          .positional("out", { type: "string", demandOption: true, describe: "May be the same file" })
          .option("module", {
            type: "string",
            array: true,
            requiresArg: true,
            describe: "Folders with a module.json",
          })
          .option("remove-all", {
            type: "boolean",
            default: false,
            describe: "Take all modules out instead",
          }),
      run(async (args, context) => {
        const directories = args.module ?? [];
        if (directories.length === 0 && !args.removeAll)
          throw new AppError("usage", {
            reason: "Name the modules with --module DIR..., or give --remove-all",
          });
        const { patchSave, readLuaModule } = await import("@switchyard/factorio");
        const input = absolute(context, args.in);
        const output = absolute(context, args.out);
        const modules = await Promise.all(
          directories.map((directory) => readLuaModule(absolute(context, directory))),
        );
        const result = await patchSave({ input, output, modules: args.removeAll ? [] : modules });
        const view = { input, output, ...result };
        await context.output.result(view, (colours) => renderPatch(view, colours));
      }),
    );

function absolute(context: CommandContext, path: string): string {
  return resolve(context.io.workingDirectory, path);
}
