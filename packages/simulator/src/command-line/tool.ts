import { resolve } from "node:path";
import { SimulatorControl } from "../control/simulator-control.js";
import { errorText } from "../errors.js";
import { installSimulator } from "../install/install-simulator.js";
import { runControlCommand } from "./control-command.js";
import { TOOL_HELP_TEXT } from "./help.js";

type Write = (text: string) => unknown;

/** The simulator's own tool: `install`, `ctl`, `sim-help`. Exit codes: 0 done, 1 failed, 2 wrong usage. */
export async function runTool(args: readonly string[], write: Write, writeError: Write): Promise<number> {
  const { words, flags } = splitFlags(args.slice(1));
  try {
    if (args[0] === "install") return install(words, flags, write, writeError);
    if (args[0] === "ctl") return await control(words, flags, write, writeError);
    write(`${TOOL_HELP_TEXT}\n`);
    return 0;
  } catch (error) {
    writeError(`${errorText(error)}\n`);
    return 1;
  }
}

function install(words: string[], flags: Map<string, string>, write: Write, writeError: Write): number {
  const [directory] = words;
  if (directory === undefined) {
    writeError("Usage: factorio-sim install DIR [--version 2.0.77]\n");
    return 2;
  }
  const version = flags.get("version");
  const install = installSimulator({
    directory: resolve(directory),
    ...(version !== undefined && { version }),
  });
  write(
    flags.has("json")
      ? `${JSON.stringify(install)}\n`
      : `Installed the Switchyard simulator as Factorio ${install.version} in ${install.directory}\n`,
  );
  return 0;
}

async function control(
  words: string[],
  flags: Map<string, string>,
  write: Write,
  writeError: Write,
): Promise<number> {
  const [writeDirectory, ...command] = words;
  if (writeDirectory === undefined || command.length === 0) {
    writeError(`${TOOL_HELP_TEXT}\n`);
    return 2;
  }
  const client = await SimulatorControl.connect(resolve(writeDirectory));
  try {
    const result = await runControlCommand(client, command, flags);
    if (!result) {
      writeError(`Unknown command: ${command.join(" ")}\n${TOOL_HELP_TEXT}\n`);
      return 2;
    }
    write(
      flags.has("json") ? `${JSON.stringify(result.value)}\n` : result.text === "" ? "" : `${result.text}\n`,
    );
    return 0;
  } finally {
    client.close();
  }
}

/** `--json`, `--timeout 5` and `--version=2.0.77` anywhere; everything after `--` is words. */
function splitFlags(args: readonly string[]): { words: string[]; flags: Map<string, string> } {
  const words: string[] = [];
  const flags = new Map<string, string>();
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    if (argument === "--") return { words: [...words, ...args.slice(index + 1)], flags };
    const match = /^--(json|timeout|version)(?:=(.*))?$/.exec(argument);
    if (!match) words.push(argument);
    else flags.set(match[1] ?? "", match[2] ?? (match[1] === "json" ? "true" : (args[++index] ?? "")));
  }
  return { words, flags };
}
