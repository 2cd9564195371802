import { readFileSync } from "node:fs";
import { processStartTime, type Logger } from "@switchyard/node-kit";
import { pause } from "../pauses.js";

const LOOK_EVERY_MS = 100;

export interface EndOrphanOptions {
  pid: number;
  /** As it was recorded when the process began; empty where the system does not tell. */
  startTime: string;
  log: Logger;
  /** How long it may take to save before it is killed; default 60,000. */
  graceMs?: number;
}

/**
 * Ends the server that a killed host left behind, so that its save and port are free. Resolves with a sentence for
 * people. A process that is not certainly that server is left alone.
 */
export async function endOrphan(options: EndOrphanOptions): Promise<string> {
  const { pid, log, graceMs = 60_000 } = options;
  const before = "The host agent ended without stopping the server";
  if (!isSameProcess(options)) return `${before}; the server (process ${pid}) is gone`;
  log.warn(`A server of an earlier host agent still runs as process ${pid}; it is being ended`);
  if (await endWith("SIGTERM", options, graceMs)) {
    return `${before}; the server (process ${pid}) was still running and has been stopped`;
  }
  log.warn(`Process ${pid} did not end within ${graceMs} ms; it is being killed`);
  if (await endWith("SIGKILL", options, 10_000)) {
    return `${before}; the server (process ${pid}) was still running and had to be killed`;
  }
  return `${before}; the server (process ${pid}) is still running and cannot be ended: end it by hand`;
}

function isSameProcess({ pid, startTime }: EndOrphanOptions): boolean {
  return startTime !== "" && processStartTime(pid) === startTime && !isZombie(pid);
}

/** In containers whose first process does not reap, an ended orphan stays in the process table for good. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}

async function endWith(
  signal: "SIGTERM" | "SIGKILL",
  options: EndOrphanOptions,
  limitMs: number,
): Promise<boolean> {
  try {
    process.kill(options.pid, signal);
  } catch (error) {
    options.log.debug(`Process ${options.pid} could not be signalled`, { reason: (error as Error).message });
  }
  // It is no child of this process, so nothing tells when it ends.
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += LOOK_EVERY_MS) {
    if (!isSameProcess(options)) return true;
    await pause(LOOK_EVERY_MS);
  }
  return !isSameProcess(options);
}
