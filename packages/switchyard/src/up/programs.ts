import { defineControllerConfig, startController } from "@switchyard/controller";
import { readHostConfig, startHost } from "@switchyard/host";
import { readConfig, type Logger } from "@switchyard/node-kit";
import { loadPlugins } from "@switchyard/plugin-api/load";
import { join } from "node:path";
import type { ChildRole } from "./child-messages.js";

/** A program of the cluster that runs in this process. */
export interface Program {
  /** Of a controller: where it serves. */
  url?: string;
  /** Resolves when others can count on it. */
  ready: Promise<void>;
  close(): Promise<void>;
}

/** Makes the program's log in its own data directory. */
export type OpenLog = (directory: string) => { log: Logger; version: string };

export async function startProgram(role: ChildRole, configFile: string, openLog: OpenLog): Promise<Program> {
  return role === "controller" ? controller(configFile, openLog) : host(configFile, openLog);
}

async function controller(configFile: string, openLog: OpenLog): Promise<Program> {
  const config = await readConfig(defineControllerConfig, { file: configFile });
  const { log: logger } = openLog(join(config.dataDirectory, "logs"));
  const running = await startController({ config, logger, plugins: await loadPlugins(config.plugins) });
  return { url: running.url, ready: Promise.resolve(), close: () => running.close() };
}

async function host(configFile: string, openLog: OpenLog): Promise<Program> {
  const config = await readHostConfig({ file: configFile, variables: {}, overrides: {} });
  const running = await startHost({ config, ...openLog(join(config.dataDirectory, "logs")) });
  return { ready: running.registered, close: () => running.close() };
}
