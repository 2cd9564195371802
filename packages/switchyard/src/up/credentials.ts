import { existsSync } from "node:fs";
import { homedir } from "node:os";
import {
  changeContexts,
  contextFilePath,
  readContexts,
  type Context,
  type ContextFile,
} from "@switchyard/ctl";
import { AppError } from "@switchyard/protocol";
import type { DataDirectory } from "./data-directory.js";
import { createAdminToken } from "./bootstrap.js";

/** The user that `up` acts as and signs in. */
export const ADMIN = "admin";

const CONTEXT = "local";

/** The API token of an earlier start. */
export async function knownToken(data: DataDirectory): Promise<string | undefined> {
  const file = await readContexts(data.contextFile);
  return file.contexts[CONTEXT]?.token;
}

/** Makes the admin and a token for `up` and switchyardctl; the controller must not be running. */
export async function firstToken(data: DataDirectory): Promise<void> {
  const token = await createAdminToken(data.controllerConfig, ADMIN);
  await changeContexts(data.contextFile, (file) => {
    file.contexts[CONTEXT] = { url: "http://localhost", token, dataDirectory: data.path };
    file.current = CONTEXT;
  });
}

/**
 * Writes how to reach the cluster into its own folder and among the person's contexts, and makes it the current one.
 * Answers a warning when the latter could not be done, which is no reason to stop.
 */
export async function keepContext(data: DataDirectory, context: Context): Promise<string | undefined> {
  await changeContexts(data.contextFile, (file) => {
    file.contexts[CONTEXT] = context;
    file.current = CONTEXT;
  });
  const { env: environment, platform } = process;
  try {
    await changeContexts(contextFilePath({ environment, platform, homeDirectory: homedir() }), (file) => {
      forgetGoneClusters(file);
      const name = contextName(file, data.path);
      file.contexts[name] = context;
      file.current = name;
    });
    return undefined;
  } catch (error) {
    const reason = AppError.from(error).message;
    return `switchyardctl will not find this cluster by itself (${reason}); set SWITCHYARD_CONTEXT_FILE=${data.contextFile}`;
  }
}

/** Those whose folder was removed can never be reached again; trying things out would leave many. */
function forgetGoneClusters(file: ContextFile): void {
  for (const [name, { dataDirectory }] of Object.entries(file.contexts))
    if (dataDirectory !== undefined && !existsSync(dataDirectory)) delete file.contexts[name];
}

/** The name this folder's cluster has had so far, else `local`, else `local-2` and so on. */
function contextName(file: ContextFile, dataDirectory: string): string {
  const known = Object.entries(file.contexts).find(([, entry]) => entry.dataDirectory === dataDirectory);
  if (known) return known[0];
  let name = CONTEXT;
  for (let at = 2; Object.hasOwn(file.contexts, name); at += 1) name = `${CONTEXT}-${at}`;
  return name;
}
