import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FactorioError, fileError } from "../errors.js";
import type { FactorioInstall } from "../install/factorio-install.js";
import { parseServerLine } from "../lines/server-line.js";
import { reportExit } from "./exit-report.js";
import { GameProcess, withinMs, type ProcessExit } from "./game-process.js";
import { RunLog } from "./run-log.js";
import { configPath, writeConfig } from "./server-files.js";

export interface CreateSaveOptions {
  install: FactorioInstall;
  writeDirectory: string;
  savePath: string;
  /** Default 600,000. */
  timeoutMs?: number;
  /** For example `["--map-gen-seed", "1"]`. */
  extraArguments?: string[];
}

/** Lets the game make a new map at savePath. Rejects with save-create-failed and the reason in words. */
export async function createSave(given: CreateSaveOptions): Promise<void> {
  const options = {
    ...given,
    writeDirectory: resolve(given.writeDirectory),
    savePath: resolve(given.savePath),
  };
  const { install, writeDirectory, savePath, timeoutMs = 600_000, extraArguments = [] } = options;
  const log = new RunLog("");
  const game = await prepare(options)
    .then(() =>
      GameProcess.spawn({
        install,
        arguments: ["--config", configPath(writeDirectory), "--create", savePath, ...extraArguments],
        directory: writeDirectory,
        onLine: (line) => log.push(parseServerLine(line)),
        onOversized: () => undefined,
        waitUntilReady: () => undefined,
      }),
    )
    .catch((error: unknown) => {
      throw fileError(error, "create", savePath);
    });
  const inTime = await withinMs(game.exited, timeoutMs);
  if (!inTime) game.kill();
  const exit = await game.exited;
  if (!inTime)
    throw refuse(`Factorio took more than ${timeoutMs} ms to make a map and was killed.`, savePath);
  if (exit.code !== 0) throw refuse(words(exit, log, options), savePath);
  const isThere = await stat(savePath).then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (!isThere) throw refuse(`Factorio ended without an error but made no ${savePath}.`, savePath);
}

async function prepare({ install, writeDirectory, savePath }: CreateSaveOptions): Promise<void> {
  await mkdir(dirname(savePath), { recursive: true });
  await mkdir(writeDirectory, { recursive: true });
  await writeConfig({ install, writeDirectory });
}

function words(exit: ProcessExit, log: RunLog, { savePath, writeDirectory }: CreateSaveOptions): string {
  const facts = {
    exit,
    asked: "nothing",
    wasForced: false,
    wasRunning: false,
    quitReason: undefined,
    ownFailure: undefined,
  } as const;
  const options = { savePath, writeDirectory, gamePort: 0, rconPort: 0 };
  return reportExit({ ...facts, failure: log.failure, lastLines: log.lastLines }, options).words;
}

function refuse(message: string, savePath: string): FactorioError {
  return new FactorioError("save-create-failed", `No new save: ${message}`, { detail: { savePath } });
}
