import { join, resolve } from "node:path";
import { FactorioError } from "../errors.js";
import { IpcDecoder } from "../ipc/ipc-decoder.js";
import { interpretLine } from "../lines/interpret-line.js";
import type { FailureReason, ServerEvent } from "../lines/server-event.js";
import { parseServerLine } from "../lines/server-line.js";
import { RconClient } from "../rcon/rcon-client.js";
import type { GameVersion } from "../versions.js";
import { NEVER_RAN, reportExit } from "./exit-report.js";
import { untilStill, type ProcessExit } from "./game-process.js";
import { GameSource, NO_INSTALL, type Game } from "./game-source.js";
import { prepareLaunch, spawnFailure } from "./launch-server.js";
import type { LeftRun } from "./left-runs.js";
import { OrderedDelivery } from "./ordered-delivery.js";
import { RunLog } from "./run-log.js";
import { NO_PROGRESS, progressAfter, type RunProgress } from "./run-progress.js";
import { ServerListeners } from "./server-listeners.js";
import { mayFollow } from "./server-states.js";
import type {
  AdoptServerOptions,
  Delivery,
  ExitReport,
  FactorioServerOptions,
  ServerEvents,
  ServerState,
} from "./server-types.js";
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
  readonly #delivery: OrderedDelivery;
  readonly #log: RunLog;
  readonly #source: GameSource;
  /** The run that is taken over. */
  readonly #left: LeftRun | undefined;
  #resolveExited: (report: ExitReport) => void = () => undefined;
  #resolveStart: () => void = () => undefined;
  #state: ServerState = "stopped";
  #process: Game | undefined;
  #progress: Readonly<RunProgress> = NO_PROGRESS;
  #report: ExitReport | undefined;
  #wasForced = false;
  #isLeft = false;
  #settled: Promise<boolean> = Promise.resolve(true);
  /** A failure that we found rather than the game. */
  #ownFailure: { reason: FailureReason; text: string } | undefined;
  #timers: NodeJS.Timeout[] = [];

  constructor(given: FactorioServerOptions, left?: LeftRun) {
    // The game runs in its write directory, so relative paths would mean something else to it.
    const options = {
      ...given,
      writeDirectory: resolve(given.writeDirectory),
      savePath: resolve(given.savePath),
    };
    this.#options = options;
    this.#left = left;
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
    this.rcon.on("authFailed", () =>
      this.#isTakenOver ? report(taken) : this.#fail("rcon-port-taken", taken),
    );
    this.rcon.on("connected", () => this.#becomeRunning());
    this.exited = new Promise((resolve) => (this.#resolveExited = resolve));
    const scriptOutputDir = join(options.writeDirectory, "script-output");
    this.#ipc = new IpcDecoder({
      scriptOutputDir,
      onMessage: (message) => this.#listeners.emitAndWait("ipc", message),
      onDeadLetter: (letter) => this.#listeners.emit("deadLetter", letter),
      // A file that is gone could not be read again after a kill.
      ...(options.journal ? { onFileRead: (path: string) => this.#source.journal?.fileRead(path) } : {}),
    });
    this.#delivery = new OrderedDelivery(this.#ipc, (event) => this.#listeners.emitAndWait("event", event));
    this.#source = new GameSource(options, {
      delivery: this.#delivery,
      scriptOutputDir,
      maxLineBytes: options.maxLineBytes,
      onLine: (line, bytes, at) => this.#onLine(line, bytes, at),
      onOversized: (bytes) =>
        this.#listeners.emit("deadLetter", { line: "", reason: `a line of ${bytes} bytes is too long` }),
      onWarning: (words) => this.#listeners.emit("warning", words),
      log: report,
    });
  }

  /**
   * Takes a run over that another process began; start() it as usual. What the game says is read only after read() is called, unless
   * the game is still starting.
   */
  static adopt(left: LeftRun, options: AdoptServerOptions): FactorioServer {
    const { savePath, gamePort, rconPort, rconPassword } = left.record;
    const { journal = {}, ...more } = options;
    const ports = { savePath, gamePort, rconPort, rconPassword };
    return new FactorioServer({ ...more, ...ports, journal, install: NO_INSTALL }, left);
  }

  get state(): ServerState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#report ? undefined : this.#process?.pid;
  }

  /** As the server's first line says; undefined before it. */
  get version(): GameVersion | undefined {
    return this.#progress.version ?? undefined;
  }

  /** The line that a listener of "ipc" or "event" is called for; undefined without a journal. Only while it is called. */
  get delivery(): Delivery | undefined {
    return this.#source.journal?.delivery;
  }

  /** Names the run for good, once it has a journal. */
  get epoch(): string | undefined {
    return this.#source.journal?.place.epoch;
  }

  /**
   * After the exit: resolves when every line is done with and the run's files are removed; false when some were not read, since a
   * listener was stuck. They wait in the write directory then.
   */
  get settled(): Promise<boolean> {
    return this.#settled;
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
    const code = this.#progress.asked === "nothing" ? "server-start-failed" : "server-stopped";
    throw new FactorioError(code, report.words, { detail: { report } });
  }

  /** Begins to hand on what a server said that was taken over; a no-op otherwise. */
  read(): void {
    this.#source.read();
  }

  /** Types a line into the server's console. Throws io-failed; only with a journal. */
  type(line: string): void {
    const game = this.#source.journal?.process;
    if (!game) throw new FactorioError("io-failed", "The server has no console that can be typed into.");
    game.type(line);
  }

  /**
   * Lets go of the server, which runs on and can be adopted. Handlers get `limitMs` to be done. False, and nothing is done, when it
   * has no journal or no process yet. `exited` stays pending.
   */
  async leave(limitMs: number): Promise<boolean> {
    if (!this.#source.journal?.process || this.#report) return false;
    this.#isLeft = true;
    this.#clearTimers();
    await this.#source.journal.detach(limitMs);
    await this.rcon.close();
    return true;
  }

  /** Ends the server so that it saves; see stopServer. At any time, also during the start; before it, a no-op. */
  async stop(): Promise<ExitReport> {
    if (this.#report) return this.#report;
    if (this.#state === "stopped") return NEVER_RAN;
    if (this.#state === "stopping") return this.exited;
    this.#advance({ asked: "stop" });
    this.#setState("stopping");
    if (this.#process) await this.#stopProcess(this.#process);
    return this.exited;
  }

  /** Ends the server at once, without saving. Also cuts a stop() short. */
  async kill(): Promise<ExitReport> {
    if (this.#report) return this.#report;
    if (this.#state === "stopped") return NEVER_RAN;
    this.#advance({ asked: "kill" });
    if (this.#state !== "stopping") this.#setState("stopping");
    this.#process?.kill();
    return this.exited;
  }

  async #run(): Promise<void> {
    try {
      if (this.#left) await this.#takeOver(this.#left);
      else await prepareLaunch(this.#options);
      if (!this.#left && this.#asked === "nothing") await this.#launch();
    } catch (error) {
      this.#ownFailure = spawnFailure(error, this.#options.savePath);
    }
    const exit = this.#process ? await this.#process.exited : { code: null, signal: null, isUnknown: false };
    await this.#finish(exit);
  }

  async #launch(): Promise<void> {
    this.#setState("starting");
    const game = await this.#source.launch(this.#progress);
    this.#process = game;
    // stop() or kill() may have come while the system was spawning
    if (this.#asked === "kill") game.kill();
    if (this.#asked === "stop") void this.#stopProcess(game);
    this.#limitStart();
  }

  #limitStart(): void {
    const { startTimeoutMs = DEFAULT_START_TIMEOUT_MS } = this.#options;
    this.#after(startTimeoutMs, () => this.#fail("unknown", `it was not ready within ${startTimeoutMs} ms`));
  }

  async #takeOver(left: LeftRun): Promise<void> {
    this.#setState("starting");
    this.#progress = left.record.progress;
    this.rcon.setPlayersOnline(this.#progress.players.length);
    const game = await this.#source.adopt(left);
    this.#process = game;
    if (!left.process) return;
    if (this.#progress.isRconReady) this.rcon.start();
    if (this.#asked !== "nothing") {
      if (this.#state !== "stopping") this.#setState("stopping");
      this.#source.read();
      if (this.#asked === "kill") game.kill();
      else void this.#stopProcess(game);
    } else if (!this.#progress.isInGame) {
      this.#source.read();
      this.#limitStart();
    }
  }

  get #asked(): RunProgress["asked"] {
    return this.#progress.asked;
  }

  /** A server that was in game before us is never ended because we cannot reach it. */
  get #isTakenOver(): boolean {
    return this.#left?.record.progress.isInGame === true;
  }

  async #stopProcess(game: Game): Promise<void> {
    const target = {
      rcon: this.rcon,
      exited: game.exited,
      hasQuit: () => this.#progress.quitReason !== null,
      signal: (signal: "SIGINT" | "SIGTERM") => game.signal(signal),
      kill: () => {
        this.#wasForced = true;
        game.kill();
      },
    };
    await stopServer(target, this.#options.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS);
  }

  /** `at` grows from line to line. */
  #onLine(raw: string, bytes: number, at: number): void {
    if (this.#delivery.message(raw, bytes, at)) return;
    const line = parseServerLine(raw);
    this.#log.push(line);
    this.#listeners.emit("line", line);
    const event = interpretLine(line);
    if (!event) return;
    this.#follow(event);
    this.#delivery.event(event, bytes, at);
  }

  #follow(event: ServerEvent): void {
    const next = progressAfter(this.#progress, event);
    if (next !== this.#progress) this.#advance(next);
    switch (event.type) {
      case "stateChange":
        if (event.to === "Closed") this.#expectExit();
        this.#becomeRunning();
        break;
      case "rconReady":
        this.rcon.start(); // only now does the game listen
        break;
      case "join":
      case "leave":
        this.rcon.setPlayersOnline(this.#progress.players.length);
        break;
      case "quitting":
        if (event.reason === "multiplayer error") this.#expectExit();
        break;
      default:
        break;
    }
  }

  /** The record is always ahead of the offset, which is past the line only later. */
  #advance(change: Partial<RunProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    try {
      this.#source.journal?.saveProgress(this.#progress);
    } catch (error) {
      this.#options.log?.(`the run's record could not be written: ${String(error)}`);
    }
  }

  #becomeRunning(): void {
    if (this.#state !== "starting" || !this.#progress.isInGame || !this.rcon.connected) return;
    this.#clearTimers();
    this.#advance({ wasRunning: true });
    this.#setState("running");
    this.#resolveStart();
  }

  /** Ends a start that cannot succeed; a no-op once the server runs. */
  #fail(reason: FailureReason, text: string): void {
    if (this.#state !== "starting" || this.#isLeft) return;
    this.#ownFailure = { reason, text };
    this.#process?.kill();
  }

  #expectExit(): void {
    if (process.platform === "win32") this.#after(WINDOWS_CLOSED_MS, () => this.#process?.kill());
  }

  async #finish(exit: ProcessExit): Promise<void> {
    this.#clearTimers();
    await this.rcon.close();
    await untilStill(this.#delivery.drained(), () => this.#delivery.current, LAST_MESSAGES_MS);
    // Later: what is held is held by somebody who waits for more than this server.
    this.#settled = this.#source.journal?.settled() ?? this.#settled;
    this.#settled.catch((error: unknown) => this.#options.log?.(`a run's files are left: ${String(error)}`));
    const { asked, wasRunning, quitReason } = this.#progress;
    const facts = {
      exit,
      asked,
      wasForced: this.#wasForced,
      wasRunning,
      quitReason: quitReason ?? undefined,
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
