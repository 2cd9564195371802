#!/usr/bin/env node
import { join } from "node:path";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { AppError } from "@switchyard/protocol";
import {
  createLogger,
  errorFields,
  explainSystemError,
  untilSignal,
  type LogOutput,
} from "@switchyard/node-kit";
import { explainDataDirectoryError, hostPaths, readHostConfig, type HostConfig } from "./config.js";
import { startHost } from "./host.js";

const USAGE = `Usage: switchyard-host [--config FILE] [--data-dir DIR] [--name NAME] [--controller-url URL]
                       [--factorio DIR]... [--public-address ADDRESS] [--game-ports FIRST-LAST]
                       [--plugin DIR]... [--lua-module DIR]... [--log-level LEVEL]
Settings also come from the file and from SWITCHYARD_HOST_* variables. The token is taken from those only,
since everybody on this machine can see command lines.
SIGINT, SIGTERM: save and stop all instances, then end. SIGUSR2: end and leave them running (Linux), for an upgrade;
the next start takes them over, as it does after a crash of this program.
`;

const FLAGS = {
  "data-dir": "dataDirectory",
  name: "name",
  "controller-url": "controllerUrl",
  factorio: "factorioDirectories",
  "public-address": "publicAddress",
  "game-ports": "gamePortRange",
  plugin: "plugins",
  "lua-module": "luaModules",
  "log-level": "logLevel",
} as const;

async function main(): Promise<number> {
  try {
    const flags = readFlags();
    if (flags.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const config = await readHostConfig({
      ...(flags.config === undefined ? {} : { file: flags.config }),
      variables: process.env,
      overrides: flags.overrides,
    });
    await run(config);
    return 0;
  } catch (error) {
    const refusal = explainSystemError(error);
    process.stderr.write(`${refusal.message}\n`);
    if (refusal.code === "internal") process.stderr.write(`${String(errorFields(error)["stack"])}\n`);
    return refusal.exitCode;
  }
}

async function run(config: HostConfig): Promise<void> {
  const log = openLog(config);
  // One careless promise of a plugin must not stop every server of this machine.
  process.on("unhandledRejection", (error) =>
    log.error("A promise was rejected and nobody looked", errorFields(error)),
  );
  try {
    const leaving = new AbortController();
    let isBroken = false;
    // The state of this process is not to be trusted any more; that of the servers is.
    process.on("uncaughtException", (error) => {
      log.error("An error was thrown where nobody could take it; the host ends", errorFields(error));
      isBroken = true;
      leaving.abort();
    });
    if (process.platform !== "win32") process.on("SIGUSR2", () => leaving.abort());
    const signalled = untilSignal(leaving.signal);
    const host = await startHost({ config, log, version: await ownVersion() });
    const signal = await signalled;
    const leaveRunning = leaving.signal.aborted;
    if (leaveRunning) log.info("Ending; the servers run on, and the next host agent takes them over");
    else log.info(`${signal}: stopping all instances; once more to end at once`);
    await host.close({ leaveRunning });
    if (isBroken) throw new AppError("internal", { reason: "an error that nobody took; see the log" });
  } finally {
    await log.close();
  }
}

function openLog(config: HostConfig): LogOutput {
  try {
    return createLogger({
      program: "host",
      level: config.logLevel,
      console: "text",
      directory: hostPaths(config.dataDirectory).logs,
    });
  } catch (error) {
    throw explainDataDirectoryError(error, config.dataDirectory);
  }
}

function readFlags(): { help: boolean; config: string | undefined; overrides: Record<string, unknown> } {
  const text = { type: "string" } as const;
  const list = { type: "string", multiple: true } as const;
  try {
    const { values } = parseArgs({
      options: {
        help: { type: "boolean", short: "h" },
        config: text,
        "data-dir": text,
        name: text,
        "controller-url": text,
        factorio: list,
        "public-address": text,
        "game-ports": text,
        plugin: list,
        "lua-module": list,
        "log-level": text,
      },
    });
    const overrides = Object.fromEntries(
      Object.entries(FLAGS).map(([flag, field]) => [field, values[flag as keyof typeof FLAGS]]),
    );
    return { help: values.help === true, config: values.config, overrides };
  } catch (error) {
    throw new AppError("bad-request", { reason: (error as Error).message }, { cause: error });
  }
}

async function ownVersion(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "..", "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

process.exitCode = await main();
