import { mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FactorioError, fileError, systemErrorCode } from "../errors.js";
import { IpcDecoder } from "../ipc/ipc-decoder.js";
import { interpretLine } from "../lines/interpret-line.js";
import type { FailureReason, ServerEvent } from "../lines/server-event.js";
import { parseServerLine } from "../lines/server-line.js";
import { RconClient } from "../rcon/rcon-client.js";
import type { GameVersion } from "../versions.js";
import { reportExit } from "./exit-report.js";
import { GameProcess, withinMs, type ProcessExit } from "./game-process.js";
import { RunLog } from "./run-log.js";
import { configPath, writeConfig } from "./server-files.js";
import { ServerListeners } from "./server-listeners.js";
import { mayFollow } from "./server-states.js";
import type { ExitReport, FactorioServerOptions, ServerEvents, ServerState } from "./server-types.js";
import { stopServer } from "./stop-server.js";

const DEFAULT_START_TIMEOUT_MS = 600_000;
const DEFAULT_STOP_TIMEOUT_MS = 300_000;
/** Handlers of the last messages may take so long after the exit. */
const LAST_MESSAGES_MS = 5000;
/** A Windows server that is closed may wait for a key press in its console for ever. */
const WINDOWS_CLOSED_MS = 5000;

/**
 * One run of a Factorio server, from start() to its exit. Running means: the game said InGame and RCON signed in; saving for a
 * joining player does not change that. "Goodbye" proves nothing, it also ends failed starts.
 */
export class FactorioServer {
  readonly rcon: RconClient;
  /** Resolves once the run is over, whatever ended it; pending for ever when start() was never called. Never rejects. */
  readonly exited: Promise<ExitReport>;
  readonly #options: FactorioServerOptions;
  readonly #listeners: ServerListeners;
  readonly #ipc: IpcDecoder;
  readonly #log: RunLog;
  #resolveExited: (report: ExitReport) => void = () => undefined;
  #resolveStart: () => void = () => undefined;
  #state: ServerState = "stopped";
  #process: GameProcess | undefined;
  #version: GameVersion | undefined;
  #report: ExitReport | undefined;
  #asked: "nothing" | "stop" | "kill" = "nothing";
  #wasForced = false;
  #wasRunning = false;
  #isInGame = false;
  #quitReason: string | undefined;
  /** A failure that we found rather than the game. */
  #ownFailure: { reason: FailureReason; text: string } | undefined;
  #timers: NodeJS.Timeout[] = [];

  constructor(given: FactorioServerOptions) {
    // The game runs in its write directory, so relative paths would mean something else to it.
    const options = {
      ...given,
      writeDirectory: resolve(given.writeDirectory),
      savePath: resolve(given.savePath),
    };
    this.#options = options;
    const report = (text: string): void => options.log?.(text);
    this.#listeners = new ServerListeners(report);
    this.#log = new RunLog(options.rconPassword);
    this.rcon = new RconClient({
      log: report,
      ...options.rcon,
      host: "127.0.0.1",
      port: options.rconPort,
      password: options.rconPassword,
    });
    // Another server may hold the port that ours could not get.
    const taken = `another server answers on RCON port ${options.rconPort} and refuses our password`;
    this.rcon.on("authFailed", () => this.#fail("rcon-port-taken", taken));
    this.rcon.on("connected", () => this.#becomeRunning());
    this.exited = new Promise((resolve) => (this.#resolveExited = resolve));
    this.#ipc = new IpcDecoder({
      scriptOutputDir: join(options.writeDirectory, "script-output"),
      onMessage: (message) => this.#listeners.emitAndWait("ipc", message),
      onDeadLetter: (letter) => this.#listeners.emit("deadLetter", letter),
    });
  }

  get state(): ServerState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#report ? undefined : this.#process?.pid;
  }

  /** As the server's first line says; undefined before it. */
  get version(): GameVersion | undefined {
    return this.#version;
  }

  /** Gives the function that takes the listener off again. */
  on<K extends keyof ServerEvents>(
    event: K,
    listener: (value: ServerEvents[K]) => void | Promise<void>,
  ): () => void {
    return this.#listeners.on(event, listener);
  }

  /**
   * Resolves when the server runs. Rejects with server-start-failed when it ends before that, with server-stopped when stop() or
   * kill() ended it; the ExitReport is in `detail.report`. Only once per object.
   */
  async start(): Promise<void> {
    if (this.#state !== "stopped" || this.#report)
      throw new Error("a FactorioServer can be started only once");
    const running = new Promise<void>((resolve) => (this.#resolveStart = resolve));
    this.#setState("preparing");
    void this.#run(); // never rejects: its end is the report
    const report = await Promise.race([running, this.exited]);
    if (!report) return;
    const code = this.#asked === "nothing" ? "server-start-failed" : "server-stopped";
    throw new FactorioError(code, report.words, { detail: { report } });
  }

  /** Ends the server so that it saves; see stopServer. At any time, also during the start; before it, a no-op. */
  async stop(): Promise<ExitReport> {
    if (this.#report) return this.#report;
    if (this.#state === "stopped") return this.#neverRan();
    if (this.#state === "stopping") return this.exited;
    this.#asked = "stop";
    this.#setState("stopping");
    if (this.#process) await this.#stopProcess(this.#process);
    return this.exited;
  }

  /** Ends the server at once, without saving. Also cuts a stop() short. */
  async kill(): Promise<ExitReport> {
    if (this.#report) return this.#report;
    if (this.#state === "stopped") return this.#neverRan();
    this.#asked = "kill";
    if (this.#state !== "stopping") this.#setState("stopping");
    this.#process?.kill();
    return this.exited;
  }

  async #run(): Promise<void> {
    try {
      await this.#prepare();
      if (this.#asked === "nothing") await this.#launch();
    } catch (error) {
      this.#ownFailure = spawnFailure(error, this.#options.savePath);
    }
    const exit = this.#process ? await this.#process.exited : { code: null, signal: null };
    await this.#finish(exit);
  }

  async #prepare(): Promise<void> {
    const { savePath, writeDirectory } = this.#options;
    await stat(savePath);
    await mkdir(writeDirectory, { recursive: true });
    const isThere = await stat(configPath(writeDirectory)).then(
      () => true,
      () => false,
    );
    if (!isThere) await writeConfig(this.#options);
  }

  async #launch(): Promise<void> {
    const {
      install,
      writeDirectory,
      environment,
      maxLineBytes,
      startTimeoutMs = DEFAULT_START_TIMEOUT_MS,
    } = this.#options;
    this.#setState("starting");
    this.#process = await GameProcess.spawn({
      install,
      arguments: serverArguments(this.#options),
      directory: writeDirectory,
      ...(environment === undefined ? {} : { environment }),
      ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
      onLine: (line, bytes) => this.#onLine(line, bytes),
      onOversized: (bytes) =>
        this.#listeners.emit("deadLetter", { line: "", reason: `a line of ${bytes} bytes is too long` }),
      waitUntilReady: () => (this.#ipc.isReady ? undefined : this.#ipc.ready()),
    });
    // stop() or kill() may have come while the system was spawning
    if (this.#askedFor() === "kill") this.#process.kill();
    if (this.#askedFor() === "stop") void this.#stopProcess(this.#process);
    this.#after(startTimeoutMs, () => this.#fail("unknown", `it was not ready within ${startTimeoutMs} ms`));
  }

  #askedFor(): "nothing" | "stop" | "kill" {
    return this.#asked;
  }

  async #stopProcess(game: GameProcess): Promise<void> {
    const target = {
      rcon: this.rcon,
      exited: game.exited,
      hasQuit: () => this.#quitReason !== undefined,
      signal: (signal: "SIGINT" | "SIGTERM") => game.signal(signal),
      kill: () => {
        this.#wasForced = true;
        game.kill();
      },
    };
    await stopServer(target, this.#options.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS);
  }

  #onLine(raw: string, bytes: number): void {
    if (this.#ipc.accept(raw, bytes)) return;
    const line = parseServerLine(raw);
    this.#log.push(line);
    this.#listeners.emit("line", line);
    const event = interpretLine(line);
    if (!event) return;
    this.#follow(event);
    this.#listeners.emit("event", event);
  }

  #follow(event: ServerEvent): void {
    switch (event.type) {
      case "banner":
        this.#version = event.version;
        break;
      case "stateChange":
        if (event.from === "CreatingGame" && event.to === "InGame") this.#isInGame = true;
        if (event.to === "Closed") this.#expectExit();
        this.#becomeRunning();
        break;
      case "rconReady":
        this.rcon.start(); // only now does the game listen
        break;
      case "quitting":
        this.#quitReason = event.reason;
        if (event.reason === "multiplayer error") this.#expectExit();
        break;
      default:
        break;
    }
  }

  #becomeRunning(): void {
    if (this.#state !== "starting" || !this.#isInGame || !this.rcon.connected) return;
    this.#clearTimers();
    this.#wasRunning = true;
    this.#setState("running");
    this.#resolveStart();
  }

  /** Ends a start that cannot succeed; a no-op once the server runs. */
  #fail(reason: FailureReason, text: string): void {
    if (this.#state !== "starting") return;
    this.#ownFailure = { reason, text };
    this.#process?.kill();
  }

  #expectExit(): void {
    if (process.platform === "win32") this.#after(WINDOWS_CLOSED_MS, () => this.#process?.kill());
  }

  async #finish(exit: ProcessExit): Promise<void> {
    this.#clearTimers();
    await this.rcon.close();
    await withinMs(this.#ipc.drain(), LAST_MESSAGES_MS);
    const facts = {
      exit,
      asked: this.#asked,
      wasForced: this.#wasForced,
      wasRunning: this.#wasRunning,
      quitReason: this.#quitReason,
      ownFailure: this.#ownFailure,
      failure: this.#log.failure,
      lastLines: this.#log.lastLines,
    };
    const report = reportExit(facts, this.#options);
    this.#report = report;
    this.#setState(
      report.reason === "stopped" || (report.expected && report.reason === "killed") ? "stopped" : "crashed",
    );
    this.#resolveExited(report);
    this.#listeners.emit("exit", report);
  }

  #neverRan(): ExitReport {
    return {
      code: null,
      signal: null,
      expected: true,
      reason: "stopped",
      words: "The server was not started.",
      lastLines: [],
    };
  }

  #setState(state: ServerState): void {
    if (!mayFollow(this.#state, state)) throw new Error(`a server cannot go from ${this.#state} to ${state}`);
    this.#state = state;
    this.#listeners.emit("state", state);
  }

  #after(ms: number, action: () => void): void {
    this.#timers.push(setTimeout(action, ms));
  }

  #clearTimers(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }
}

/**
 * The RCON password has to stand here, where `ps` shows it: the game takes it from nowhere else. RCON is bound to the loopback
 * address, so that it is worth nothing to other machines.
 */
function serverArguments(options: FactorioServerOptions): string[] {
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

function spawnFailure(error: unknown, savePath: string): { reason: FailureReason; text: string } {
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
