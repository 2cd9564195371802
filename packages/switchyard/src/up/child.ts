import { AppError } from "@switchyard/protocol";
import { createLogger, errorFields, explainSystemError, type LogOutput } from "@switchyard/node-kit";
import { VERSION } from "../version.js";
import type { ChildMessage, ChildRole, StopMessage } from "./child-messages.js";
import { startProgram, type Program } from "./programs.js";

/** Saving a large game takes long; one that takes longer than this is ended. */
const CLOSE_LIMIT_MS = 6 * 60_000;

/**
 * The entry of a process that `up` supervises: `child.js controller|host CONFIG`. It serves until it is told to stop
 * or its channel closes, which happens when `up` is gone, however that came.
 */
async function main(): Promise<number> {
  const [role, configFile = ""] = process.argv.slice(2);
  const stopped = untilStopped();
  let log: LogOutput | undefined;
  try {
    const kind: ChildRole = role === "controller" ? "controller" : "host";
    const program = await startProgram(kind, configFile, (directory) => {
      const console = process.env["SWITCHYARD_UP_VERBOSE"] ? "text" : "none";
      log = createLogger({ program: kind, level: "info", console, directory });
      return { log, version: VERSION };
    });
    // One careless promise of a plugin must not stop every server of this machine.
    process.on("unhandledRejection", (error) =>
      log?.error("A promise was rejected and nobody looked", errorFields(error)),
    );
    await serve(program, stopped);
    return 0;
  } catch (error) {
    const refusal = explainSystemError(error);
    log?.error("Could not start", errorFields(error));
    if (refusal.code === "internal")
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    await tell({ type: "failed", error: AppError.from(refusal).toPayload() });
    return refusal.exitCode;
  } finally {
    await log?.close();
  }
}

async function serve(program: Program, stopped: Promise<void>): Promise<void> {
  await Promise.race([program.ready, stopped]);
  await tell({ type: "ready", ...(program.url !== undefined && { url: program.url }) });
  await stopped;
  // Signals that people send to every process of a cluster are no reason to hurry.
  const late = setTimeout(() => process.exit(1), CLOSE_LIMIT_MS);
  await program.close();
  clearTimeout(late);
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.on("message", (message: StopMessage) => {
      if (message.type === "stop") resolve();
    });
    process.on("disconnect", () => resolve());
    process.on("SIGTERM", () => resolve());
    // `up` decides what Ctrl-C means.
    process.on("SIGINT", () => undefined);
    process.on("SIGHUP", () => undefined);
    if (!process.connected) resolve();
  });
}

/** Resolves when it was handed over, since an exit would drop it; `up` may be gone, and then nobody needs it. */
function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || !process.send) resolve();
    else process.send(message, () => resolve());
  });
}

process.exit(await main());
