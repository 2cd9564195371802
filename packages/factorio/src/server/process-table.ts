import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Names one process for good: ids are used again, also after the machine was started anew. */
export interface ProcessMark {
  pid: number;
  /** Clock ticks since boot, field 22 of /proc/<pid>/stat. */
  startTime: string;
  bootId: string;
}

/** A server that runs with an instance's configuration, as /proc shows it. */
export interface FoundServer {
  mark: ProcessMark;
  arguments: string[];
  /** The file that its output goes to, when it is one. */
  output: string | undefined;
}

/** Undefined where the system has no /proc, and when the process is gone. */
export function markProcess(pid: number): ProcessMark | undefined {
  const startTime = statFields(pid)?.[19];
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() };
}

/** False for a zombie too: in containers whose first process does not reap, an ended orphan stays in the table for good. */
export function isAlive({ pid, startTime, bootId: boot }: ProcessMark): boolean {
  const fields = statFields(pid);
  return fields?.[19] === startTime && fields[0] !== "Z" && fields[0] !== "X" && boot === bootId();
}

/** The servers of this machine that were started with this configuration file, as far as this user may see them. */
export function findServers(configFile: string): FoundServer[] {
  const found: FoundServer[] = [];
  for (const name of processNames()) {
    const all = readText(`/proc/${name}/cmdline`)?.split("\0") ?? [];
    const at = all.indexOf("--config");
    if (at === -1 || all[at + 1] !== configFile || !all.includes("--start-server")) continue;
    const mark = markProcess(Number(name));
    if (!mark || !isAlive(mark)) continue;
    found.push({ mark, arguments: all, output: outputFile(name) });
  }
  return found;
}

function processNames(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // no Linux
  }
}

function outputFile(pid: string): string | undefined {
  try {
    const target = readlinkSync(`/proc/${pid}/fd/1`);
    return target.startsWith("/") ? target : undefined;
  } catch {
    return undefined; // another user's, or gone
  }
}

/** From the state on: the name before it may hold spaces and brackets. */
function statFields(pid: number): string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function bootId(): string {
  return readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
