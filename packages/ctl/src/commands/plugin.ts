import { ListPlugins, SetPluginSetting } from "@switchyard/protocol";
import type { AddCommands } from "../command.js";
import { renderTable } from "../output/table.js";

export const pluginCommands: AddCommands = (yargs, run) =>
  yargs
    .demandCommand(1)
    .command(
      "list",
      "Plugins and their settings",
      (command) => command,
      run(async (_args, context) => {
        const connection = await context.connect();
        const { plugins } = await connection.request(
          ListPlugins,
          {},
          { timeoutMs: context.timeoutOr(30_000) },
        );
        await context.output.result(plugins, (colours) => {
          if (plugins.length === 0) return "This cluster has no plugins\n";
          const rows = plugins.map((entry) => [
            entry.plugin,
            entry.version,
            entry.enabled ? colours.green("enabled") : colours.dim("disabled"),
            Object.entries(entry.settings)
              .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
              .join(" "),
          ]);
          return renderTable(["NAME", "VERSION", "STATE", "SETTINGS"], rows, colours);
        });
      }),
    )
    .command(
      "set <plugin> <setting> <value>",
      "Change one setting; it reaches running hosts at once",
      (command) =>
        command
          .positional("plugin", { type: "string", demandOption: true })
          .positional("setting", { type: "string", demandOption: true })
          .positional("value", { type: "string", demandOption: true, describe: "JSON, or plain text" }),
      run(async ({ plugin, setting, value }, context) => {
        const connection = await context.connect();
        const changed = await connection.request(SetPluginSetting, {
          plugin,
          setting,
          value: parseValue(value),
        });
        await context.output.result(
          changed.plugin,
          () => `${plugin}: ${setting} is now ${JSON.stringify(changed.plugin.settings[setting])}\n`,
        );
      }),
    );

/** `true`, `5`, `"text"` and `[1]` are taken as JSON; anything else is text as it stands. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
