import type { Argv } from "yargs";
import { AppError } from "@switchyard/protocol";

export interface UpOptions {
  dataDir: string;
  port: number;
  bind: string;
  /** Undefined: two at the first start, then whatever the cluster has. */
  hosts: number | undefined;
  instances: number | undefined;
  save: string | undefined;
  factorio: string | undefined;
  empty: boolean;
  json: boolean;
  verbose: boolean;
}

const MAX_HOSTS = 50;
const MAX_INSTANCES = 200;

export function addUpOptions(yargs: Argv): Argv<UpOptions> {
  return yargs
    .options({
      "data-dir": {
        type: "string",
        default: "data",
        requiresArg: true,
        describe: "Where the cluster is kept",
      },
      port: {
        type: "number",
        default: 8480,
        requiresArg: true,
        describe: "Of the controller; 0: a free one",
      },
      bind: {
        type: "string",
        default: "127.0.0.1",
        requiresArg: true,
        describe: "Address the controller listens on",
      },
      hosts: { type: "number", requiresArg: true, describe: "At least so many hosts; 2 at the first start" },
      instances: {
        type: "number",
        requiresArg: true,
        describe: "At least so many instances; 2 at the first start",
      },
      save: { type: "string", requiresArg: true, describe: "A save that new instances begin with" },
      factorio: {
        type: "string",
        requiresArg: true,
        describe: "A Factorio server, or a folder of several; default: the bundled simulator",
      },
      empty: { type: "boolean", default: false, describe: "Create no instances" },
      json: { type: "boolean", default: false, describe: "One JSON line on stdout when all is ready" },
      verbose: { type: "boolean", default: false, describe: "Show the logs of controller and hosts, too" },
    })
    .check((args) => {
      requireWhole("--port", args.port, 65_535);
      requireWhole("--hosts", args.hosts, MAX_HOSTS);
      requireWhole("--instances", args.instances, MAX_INSTANCES);
      if (args.empty && args.instances !== undefined)
        throw new AppError("usage", { reason: "--empty and --instances cannot go together" });
      return true;
    }) as unknown as Argv<UpOptions>;
}

function requireWhole(name: string, value: number | undefined, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= max)) return;
  throw new AppError("usage", { reason: `${name} takes a whole number from 0 to ${max}` });
}
