import { mkdir, stat } from "node:fs/promises";
import { fileError, systemErrorCode } from "../errors.js";
import type { FailureReason } from "../lines/server-event.js";
import { configPath, writeConfig } from "./server-files.js";
import type { FactorioServerOptions } from "./server-types.js";

/** Rejects with the system's error when the save or the write directory cannot be used. */
export async function prepareLaunch(options: FactorioServerOptions): Promise<void> {
  const { savePath, writeDirectory } = options;
  await stat(savePath);
  await mkdir(writeDirectory, { recursive: true });
  const isThere = await stat(configPath(writeDirectory)).then(
    () => true,
    () => false,
  );
  if (!isThere) await writeConfig(options);
}

/**
 * The RCON password has to stand here, where `ps` shows it: the game takes it from nowhere else. RCON is bound to the loopback
 * address, so that it is worth nothing to other machines.
 */
export function serverArguments(options: FactorioServerOptions): string[] {
  const {
    writeDirectory,
    savePath,
    gamePort,
    rconPort,
    rconPassword,
    bindAddress,
    extraArguments = [],
  } = options;
  return [
    ...["--config", configPath(writeDirectory), "--start-server", savePath, "--port", String(gamePort)],
    ...(bindAddress === undefined ? [] : ["--bind", bindAddress]),
    ...["--rcon-bind", `127.0.0.1:${rconPort}`, "--rcon-password", rconPassword],
    ...extraArguments,
  ];
}

export function spawnFailure(error: unknown, savePath: string): { reason: FailureReason; text: string } {
  const path =
    error instanceof Error && "path" in error && typeof error.path === "string"
      ? error.path
      : "the server's files";
  if (systemErrorCode(error) === "ENOENT" && path === savePath)
    return { reason: "save-missing", text: "there is no such file" };
  const told = fileError(error, "use", path);
  const reason =
    told.code === "disk-full" ? "disk-full" : told.code === "permission-denied" ? "no-permission" : "unknown";
  return { reason, text: told.message };
}
