#!/usr/bin/env node
import { AppError, DisplayName } from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { createLogger, readConfig, untilSignal } from "@switchyard/node-kit";
import { loadPlugins } from "@switchyard/plugin-api/load";
import type { Administration } from "./administration.js";
import { bootstrap } from "./bootstrap.js";
import { HELP, readCommandLine, type CommandLine } from "./command-line.js";
import { defineControllerConfig, type ControllerConfig } from "./config.js";
import { startController } from "./controller.js";
import { logDirectory, takeDataDirectory } from "./data-directory.js";
import { readVersion } from "./version.js";

async function main(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2));
  if (line.command === "help") return print(HELP.trimEnd());
  if (line.command === "version") return print(readVersion());
  const config = await readConfig(defineControllerConfig, {
    ...(line.configFile !== undefined && { file: line.configFile }),
    overrides: line.overrides,
    environment: { prefix: "SWITCHYARD_CONTROLLER", variables: process.env },
  });
  if (line.command === "run") return run(config);
  return runBootstrap(config, line);
}

async function run(config: ControllerConfig): Promise<void> {
  // Before the log files are made in it: the folder is its owner's alone.
  takeDataDirectory(config.dataDirectory).lock.release();
  const logger = createLogger({
    program: "controller",
    level: config.logLevel,
    console: process.stderr.isTTY ? "text" : "json",
    directory: logDirectory(config.dataDirectory),
  });
  const ended = untilSignal();
  try {
    const plugins = await loadPlugins(config.plugins).catch((error: unknown) => {
      throw new AppError(
        "config-invalid",
        { field: "plugins", reason: (error as Error).message },
        { cause: error },
      );
    });
    const controller = await startController({ config, logger, plugins });
    print(JSON.stringify({ url: controller.url, port: controller.port, pid: process.pid }));
    logger.info(`Ending: ${await ended}`);
    await controller.close();
  } finally {
    await logger.close();
  }
}

async function runBootstrap(config: ControllerConfig, line: CommandLine): Promise<void> {
  const fault = createAjvCompiler()(DisplayName)(line.subject);
  if (fault !== undefined)
    throw new AppError("usage", { reason: `"${line.subject}" is not a name: ${fault}` });
  const result = await bootstrap(config, (administration) => carryOut(administration, line));
  print(line.output === "json" ? JSON.stringify(result) : "url" in result ? result.url : result.token);
}

async function carryOut(administration: Administration, { command, subject }: CommandLine) {
  if (command === "create-host-token") return administration.createHostToken(subject);
  if (command === "create-user-token") return administration.createUserToken(subject);
  return administration.createSignInLink(subject);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    const refusal = AppError.from(error);
    const isBug = refusal.code === "internal";
    process.stderr.write(
      `${isBug && error instanceof Error ? (error.stack ?? refusal.message) : refusal.message}\n`,
    );
    process.exit(refusal.exitCode);
  },
);
