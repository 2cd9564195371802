import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../errors.js";
import { StartFailure } from "../errors.js";

/**
 * The write-data's `.lock`. The game holds a file lock that dies with the process; Node has none, so the file
 * names its holder (pid and start time) and a file whose holder is gone counts as free.
 */
export class LockFile {
  private constructor(private readonly path: string) {}

  static acquire(writeData: string): LockFile {
    const path = join(writeData, ".lock");
    const mine = `${path}.${process.pid}`;
    try {
      mkdirSync(writeData, { recursive: true });
      writeFileSync(mine, `${process.pid} ${startTimeOf(process.pid) ?? ""}`);
    } catch (error) {
      if (systemCode(error) === "EACCES")
        throw new StartFailure(`Couldn't create lock file ${path}: Permission denied.`, "util");
      throw error;
    }
    try {
      for (;;) if (tryLink(mine, path)) return new LockFile(path);
    } finally {
      unlinkSync(mine);
    }
  }

  release(): void {
    try {
      unlinkSync(this.path);
    } catch {
      // Someone removed the whole directory; there is nothing left to give back.
    }
  }
}

function tryLink(mine: string, path: string): boolean {
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
  if (isHeld(path)) {
    throw new StartFailure(
      `Couldn't acquire exclusive lock for ${path}: Resource temporarily unavailable\nIs another instance already running?`,
      "util",
    );
  }
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
  return false;
}

function isHeld(path: string): boolean {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return false;
  }
  const [pidText, startTime] = text.split(" ");
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
  const current = startTimeOf(pid);
  return current === undefined || !startTime || current === startTime;
}

/**
 * Field 22 of /proc/PID/stat tells a reused pid from the old holder; undefined where there is no /proc. A process that has ended and
 * that nobody has asked about holds nothing: its state stands in for the time.
 */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "ended" : fields[19];
  } catch {
    return undefined;
  }
}
