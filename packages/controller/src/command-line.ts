import { parseArgs } from "node:util";
import { AppError } from "@switchyard/protocol";

export interface CommandLine {
  command: "run" | "create-sign-in-link" | "create-host-token" | "create-user-token" | "help" | "version";
  configFile: string | undefined;
  /** Settings that win over file and environment. */
  overrides: Record<string, unknown>;
  /** Of the bootstrap commands: whom it is for. */
  subject: string;
  output: "text" | "json";
}

export const HELP = `Usage: switchyard-controller [run] [options]
       switchyard-controller bootstrap create-sign-in-link --user NAME [options]
       switchyard-controller bootstrap create-user-token --user NAME [options]
       switchyard-controller bootstrap create-host-token --name NAME [options]

The bootstrap commands work on the data directory of a controller that is not running.

Options:
  --config FILE         settings as JSON; SWITCHYARD_CONTROLLER_<SETTING> in the environment wins over it
  --data-dir DIR        where everything is kept (default: switchyard-controller)
  --bind-address ADDR   default 127.0.0.1
  --port N              default 8480; 0: any free port
  --public-url URL      how people reach the controller, if not by the bind address
  --web-root DIR        the built panel
  --plugin DIR          a plugin's folder; may be given several times
  --log-level LEVEL     error, warn, info (default) or debug
  --output FORMAT       of the bootstrap commands: text (default) or json
  --help, --version
`;

const OPTIONS = {
  config: { type: "string" },
  "data-dir": { type: "string" },
  "bind-address": { type: "string" },
  port: { type: "string" },
  "public-url": { type: "string" },
  "web-root": { type: "string" },
  plugin: { type: "string", multiple: true },
  "log-level": { type: "string" },
  output: { type: "string" },
  user: { type: "string" },
  name: { type: "string" },
  help: { type: "boolean" },
  version: { type: "boolean" },
} as const;

/** Throws `usage`. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args);
  const command = values.help ? "help" : values.version ? "version" : commandOf(positionals);
  const { output = "text" } = values;
  if (output !== "text" && output !== "json") throw usage(`--output is text or json, not ${output}`);
  return {
    command,
    configFile: values.config,
    overrides: {
      dataDirectory: values["data-dir"],
      bindAddress: values["bind-address"],
      port: values.port === undefined ? undefined : toPort(values.port),
      publicUrl: values["public-url"],
      webRoot: values["web-root"],
      plugins: values.plugin,
      logLevel: values["log-level"],
    },
    subject: subjectOf(command, values),
    output,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function commandOf(words: readonly string[]): CommandLine["command"] {
  const text = words.join(" ");
  switch (text) {
    case "":
    case "run":
      return "run";
    case "bootstrap create-sign-in-link":
      return "create-sign-in-link";
    case "bootstrap create-user-token":
      return "create-user-token";
    case "bootstrap create-host-token":
      return "create-host-token";
    default:
      throw usage(`There is no command "${text}"`);
  }
}

function subjectOf(
  command: CommandLine["command"],
  { user, name }: { user?: string | undefined; name?: string | undefined },
): string {
  if (command === "create-host-token") {
    if (name === undefined) throw usage("--name NAME is missing: what the host is called");
    return name;
  }
  if (command === "create-sign-in-link" || command === "create-user-token") {
    if (user === undefined) throw usage("--user NAME is missing: the first administrator is usually admin");
    return user;
  }
  return "";
}

function toPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535)
    throw usage(`--port is a number up to 65535, not ${text}`);
  return Number(text);
}

function usage(reason: string): AppError {
  return new AppError("usage", { reason: `${reason}; see: switchyard-controller --help` });
}
