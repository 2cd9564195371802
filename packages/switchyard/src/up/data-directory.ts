import { access, constants, mkdir, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { acquireLock, explainSystemError, processStartTime, type LockFile } from "@switchyard/node-kit";
import { readJsonFile, writeFileAtomic } from "@switchyard/node-kit/files";
import { AppError } from "@switchyard/protocol";

export interface HostPlace {
  name: string;
  directory: string;
  configFile: string;
}

interface RunningProcess {
  pid: number;
  startTime: string;
}

/** Where everything of one cluster is kept. */
export class DataDirectory {
  readonly controllerConfig: string;
  readonly controllerData: string;
  readonly contextFile: string;
  readonly simulator: string;
  readonly logs: string;
  readonly #state: string;
  readonly #processes: string;

  constructor(readonly path: string) {
    this.controllerConfig = join(path, "controller.json");
    this.controllerData = join(path, "controller");
    this.contextFile = join(path, "ctl-context.json");
    this.simulator = join(path, "factorio-sim");
    this.logs = join(path, "logs");
    this.#state = join(path, "cluster.json");
    this.#processes = join(path, "processes.json");
  }

  /** Makes the folder and takes it for this process; rejects `no-permission`, `already-running`, `disk-full`. */
  async take(): Promise<LockFile> {
    try {
      await makeFolders(this.logs);
      await access(this.path, constants.W_OK | constants.X_OK);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EEXIST" || code === "ENOTDIR")
        throw new AppError("usage", {
          reason: `${this.path} is, or is in, a file and not a folder; choose another --data-dir`,
        });
      // /proc and the like say that there is no such folder when nobody may make one.
      if (code === "ENOENT") throw new AppError("no-permission", { path: this.path }, { cause: error });
      throw explainSystemError(error, { path: this.path });
    }
    return acquireLock(join(this.path, "up.lock"), this.path);
  }

  /** False until a first start was completed. */
  async isSetUp(): Promise<boolean> {
    return (await readJsonFile(this.#state)) !== undefined;
  }

  async markSetUp(): Promise<void> {
    await writeFileAtomic(this.#state, `${JSON.stringify({ format: 1 })}\n`);
  }

  host(name: string): HostPlace {
    const directory = join(this.path, "hosts", name);
    return { name, directory, configFile: join(directory, "host.json") };
  }

  /** Hosts of earlier starts, `host-1` before `host-10`. */
  async hosts(): Promise<HostPlace[]> {
    const entries = await readdir(join(this.path, "hosts"), { withFileTypes: true }).catch(() => []);
    const places = entries.filter((entry) => entry.isDirectory()).map((entry) => this.host(entry.name));
    const configured = await Promise.all(
      places.map(async (place) => (await readJsonFile(place.configFile)) !== undefined),
    );
    return places
      .filter((_, at) => configured[at])
      .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  /** The folder a host gave to an instance; the host names it by id and name. */
  async instanceDirectory(hostName: string, instanceId: string): Promise<string | null> {
    const instances = join(this.host(hostName).directory, "instances");
    const names = await readdir(instances).catch(() => []);
    const name = names.find((each) => each === instanceId || each.startsWith(`${instanceId}-`));
    return name === undefined ? null : join(instances, name);
  }

  /** Keeps who runs here, for the next start when this one is killed. */
  async rememberProcesses(pids: readonly number[]): Promise<void> {
    const processes = pids.map((pid): RunningProcess => ({ pid, startTime: processStartTime(pid) }));
    await writeFileAtomic(this.#processes, JSON.stringify(processes));
  }

  /** Processes of an earlier start that have not ended yet: they end by themselves when `up` is gone. */
  async leftOver(): Promise<number[]> {
    const processes = ((await readJsonFile(this.#processes).catch(() => undefined)) ??
      []) as RunningProcess[];
    return processes.filter(isAlive).map(({ pid }) => pid);
  }
}

/** Not mkdir's own `recursive`: below /proc and the like that never comes to an end. */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolders(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

function isAlive({ pid, startTime }: RunningProcess): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Where the system does not tell start times the process may be another one; then it is not waited for.
  return startTime !== "" && startTime === processStartTime(pid);
}
