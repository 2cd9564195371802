import { readFile, writeFile } from "node:fs/promises";
import {
  FactorioError,
  listSaves,
  luaCall,
  parseServerLine,
  selectInstall,
  type Delivery,
  type ExitReport,
  type FactorioInstall,
  type FactorioServerOptions,
  type ServerEvents,
  type ServerState,
} from "@switchyard/factorio";
import { createDeferred } from "../deferred.js";
import type { Game, ServerProcess } from "../instance/game.js";

const CLEAN_EXIT: ExitReport = {
  code: 0,
  signal: null,
  expected: true,
  reason: "stopped",
  words: "The server stopped.",
  lastLines: [],
};

type Listener = (value: never) => void | Promise<void>;

/** A server without a process; tests say what happens to it. */
export class FakeServer implements ServerProcess {
  state: ServerState = "stopped";
  pid: number | undefined;
  readonly commands: string[] = [];
  /** Replaced by tests that need other answers. */
  reply: (command: string) => string | Promise<string> = (command) =>
    command === '/sc rcon.print("switchyard")' ? "switchyard\n" : "";
  readonly rcon = {
    send: async (command: string): Promise<string> => {
      if (this.state !== "running") throw new FactorioError("rcon-lost", "RCON is gone");
      this.commands.push(command);
      return this.reply(command);
    },
    /** Of both: as a command that only it is in; what is answered to that is Lua's error. */
    call: async (functionPath: string, args: Parameters<typeof luaCall>[1]): Promise<string> => {
      const luaError = await this.rcon.send(luaCall(functionPath, args));
      if (luaError !== "") throw new FactorioError("rcon-lua-error", luaError, { detail: { luaError } });
      return "";
    },
    transfer: (functionPath: string, args: Parameters<typeof luaCall>[1], text: string): Promise<string> =>
      this.rcon.call(functionPath, [...args, text]),
  };
  readonly #exit = createDeferred<ExitReport>();
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(
    readonly options: FactorioServerOptions,
    /** What start() waits for. */
    private readonly startGate: (server: FakeServer) => Promise<void>,
  ) {}

  /** As with pipes. */
  readonly epoch = undefined;
  delivery: Delivery | undefined;
  readonly settled = Promise.resolve(true);

  read(): void {
    // nothing was left
  }

  leave(): Promise<boolean> {
    return Promise.resolve(false);
  }

  get exited(): Promise<ExitReport> {
    return this.#exit.promise;
  }

  async start(): Promise<void> {
    await this.#enter("starting");
    const report = await Promise.race([this.startGate(this), this.exited]);
    if (report)
      throw new FactorioError(report.expected ? "server-stopped" : "server-start-failed", report.words, {
        detail: { report },
      });
    await this.#enter("running");
  }

  async stop(): Promise<ExitReport> {
    await this.#enter("stopping");
    this.exit(CLEAN_EXIT);
    return this.exited;
  }

  exit(report: Partial<ExitReport>): void {
    this.state = report.reason === undefined || report.reason === "stopped" ? "stopped" : "crashed";
    this.#exit.resolve({ ...CLEAN_EXIT, ...report });
  }

  crash(words: string): void {
    this.exit({ expected: false, reason: "crashed", code: 1, words });
  }

  on<K extends keyof ServerEvents>(
    event: K,
    listener: (value: ServerEvents[K]) => void | Promise<void>,
  ): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener as Listener);
    return () => listeners.delete(listener as Listener);
  }

  async emit<K extends keyof ServerEvents>(event: K, value: ServerEvents[K]): Promise<void> {
    for (const listener of this.#listeners.get(event) ?? []) await listener(value as never);
  }

  async print(text: string): Promise<void> {
    await this.emit("line", parseServerLine(text));
  }

  async say(channel: string, payload: unknown): Promise<void> {
    await this.emit("ipc", { channel, payload, bytes: 1, sequence: 1 });
  }

  async #enter(state: ServerState): Promise<void> {
    this.state = state;
    await this.emit("state", state);
  }
}

export const FAKE_INSTALL: FactorioInstall = {
  directory: "/opt/factorio",
  executable: "/opt/factorio/bin/x64/factorio",
  dataDirectory: "/opt/factorio/data",
  version: { major: 2, minor: 0, patch: 77 },
  isSimulator: true,
};

/** The game of tests without processes. A save is sound when its text begins with "save". */
export class FakeGame implements Game {
  readonly servers: FakeServer[] = [];
  readonly patched: string[] = [];
  readonly accepted: string[] = [];
  readonly restored: string[] = [];
  startGate: (server: FakeServer) => Promise<void> = () => Promise.resolve();
  onServer: (server: FakeServer) => void = () => undefined;

  createServer = (options: FactorioServerOptions): FakeServer => {
    const server = new FakeServer(options, this.startGate);
    this.servers.push(server);
    this.onServer(server);
    return server;
  };
  adoptServer: Game["adoptServer"] = ({ record }, options) =>
    this.createServer({ ...options, ...record, journal: {}, install: FAKE_INSTALL });
  findLeftRuns: Game["findLeftRuns"] = () => ({ runs: [], stray: undefined });
  createSave: Game["createSave"] = ({ savePath }) => writeFile(savePath, "save of a new map");
  findInstalls: Game["findInstalls"] = () => Promise.resolve([FAKE_INSTALL]);
  selectInstall = selectInstall;
  listSaves = listSaves;
  inspectSave: Game["inspectSave"] = async (path) => {
    if (!(await readFile(path, "utf8")).startsWith("save"))
      throw new FactorioError("save-torn", `${path} is torn.`);
    return { rootFolder: "w", sizeBytes: 1, modsKnown: false, script: "freeplay", modules: [], entries: 1 };
  };
  patchSave: Game["patchSave"] = ({ input, modules }) => {
    this.patched.push(input);
    return Promise.resolve({
      changed: true,
      patchNumber: 1,
      scenario: "freeplay",
      modules: modules.map((module) => module.name),
      sizeBytes: 1,
    });
  };
  acceptPatchedSave: Game["acceptPatchedSave"] = (path) => {
    this.accepted.push(path);
    return Promise.resolve();
  };
  restoreSave: Game["restoreSave"] = (path) => {
    this.restored.push(path);
    return Promise.resolve(true);
  };
  readLuaModule: Game["readLuaModule"] = (directory) =>
    Promise.resolve({
      name: directory.endsWith("core") ? "switchyard_core" : "other",
      version: "1.0.0",
      directory,
      load: [],
      require: [],
      dependencies: {},
    });
  writeServerFiles: Game["writeServerFiles"] = () => Promise.resolve();

  /** The server made last. */
  get server(): FakeServer {
    const server = this.servers.at(-1);
    if (!server) throw new Error("no server was made");
    return server;
  }
}
