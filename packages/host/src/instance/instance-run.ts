import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { FactorioError, type ExitReport, type LeftRun } from "@switchyard/factorio";
import { AppError, type InstanceSpec, type InstanceStatus } from "@switchyard/protocol";
import { createId, errorFields, type Logger } from "@switchyard/node-kit";
import { createDeferred } from "../deferred.js";
import { explainFactorioError } from "../factorio-errors.js";
import type { LogBuffer } from "../logs/log-buffer.js";
import type { ServerProcess } from "./game.js";
import type { InstanceServices } from "./instance-services.js";
import type { RuntimeState } from "./instance-state.js";
import { prepare, type Prepared } from "./prepare.js";
import { readRunNote, type RunNote } from "./run-note.js";
import { ServerRun } from "./server-run.js";

/** Ports can be taken by another program between the look and the server's own bind. */
const PORT_ATTEMPTS = 3;

export interface InstanceRunOptions {
  /** "adopt": only what earlier agents left is seen to its end, and nothing is started. */
  mode: "start" | "adopt";
  instance: { readonly id: string; readonly name: string };
  spec: InstanceSpec;
  stickyPort: number | null;
  writeDirectory: string;
  services: InstanceServices;
  log: Logger;
  lines: LogBuffer;
  /** Runs of this process with lines that are still in somebody's hands; kept by the run. */
  unsettled: Set<string>;
  enter(state: RuntimeState, words: string): void;
  /** Something of the status beside state and words. */
  update(facts: Partial<InstanceStatus>): void;
  joined(player: string): void;
  left(player: string): void;
  setPlayers(players: string[]): void;
}

interface Ending {
  state: "stopped" | "crashed";
  words: string;
}

/** One life of an instance: from preparing, or from taking over what runs, to the end of its server. Made for one use. */
export class InstanceRun {
  readonly #stopping = new AbortController();
  readonly #started = createDeferred<void>();
  readonly #joinable = createDeferred<boolean>();
  #ended: Promise<void> | undefined;
  #server: ServerProcess | undefined;
  #serverRun: ServerRun | undefined;
  #isRunning = false;
  #isOver = false;
  #startId = createId();

  constructor(private readonly options: InstanceRunOptions) {}

  /** The server, while it takes commands. */
  get server(): ServerProcess | undefined {
    return this.#isRunning ? this.#server : undefined;
  }

  get startId(): string {
    return this.#startId;
  }

  /** Resolves when the server takes commands; rejects AppError when it never will. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Resolves true when a start can join this run, false when it must wait for the run's end. */
  get joinable(): Promise<boolean> {
    return this.#joinable.promise;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Resolves when the server is gone and all of the run is cleared away; never rejects. */
  get ended(): Promise<void> {
    return this.#ended ?? Promise.resolve();
  }

  begin(): void {
    this.#started.promise.catch(() => undefined); // whoever asked for the start looks at it
    if (this.options.mode === "start") this.#joinable.resolve(true);
    this.#ended ??= this.#live();
  }

  /** Ends it wherever it is. Follow it with `ended`. */
  stop(): void {
    if (this.isStopping || this.#isOver) return;
    this.options.enter("stopping", "");
    this.#stopping.abort(new AppError("cancelled"));
  }

  /** Lets go of the server, which runs on; `ended` stays pending. False when there is none that can be left. */
  async leave(limitMs: number): Promise<boolean> {
    const isLeft = (await this.#serverRun?.leave(limitMs)) ?? false;
    if (isLeft) this.#isRunning = false;
    return isLeft;
  }

  async #live(): Promise<void> {
    const { options } = this;
    let ending: Ending;
    try {
      options.enter("preparing", "");
      const left = await this.#endLeft();
      if (left) ending = left;
      else
        ending = options.mode === "adopt" ? { state: "stopped", words: "" } : await this.#prepareAndServe();
    } catch (error) {
      ending = this.#failed(explainFactorioError(error, options.instance.name));
    }
    this.#isRunning = false;
    this.#isOver = true;
    this.#joinable.resolve(false);
    // A no-op for a run whose server took commands.
    this.#started.reject(
      this.isStopping
        ? new AppError("cancelled")
        : new AppError("instance-start-failed", { instance: options.instance.name, reason: ending.words }),
    );
    options.enter(ending.state, ending.words);
  }

  #failed(error: AppError): Ending {
    this.#started.reject(this.isStopping ? new AppError("cancelled", {}, { cause: error }) : error);
    if (this.isStopping) return { state: "stopped", words: "" };
    if (error.code === "internal") this.options.log.error("The instance failed", errorFields(error));
    const reason = error.details["reason"];
    const words =
      error.code === "instance-start-failed" && typeof reason === "string" ? reason : error.message;
    return { state: "crashed", words };
  }

  /**
   * Sees what earlier agents left to its end. Undefined when nothing stands in the way of a start: then what servers said that are
   * gone has been read, and one that runs has been taken over and is gone.
   */
  async #endLeft(): Promise<Ending | undefined> {
    const { services, writeDirectory, mode, unsettled, instance } = this.options;
    if (!services.journal) return undefined;
    const { runs, stray } = services.game.findLeftRuns(writeDirectory, services.journal.directory);
    if (stray) throw new AppError("instance-start-failed", { instance: instance.name, reason: stray.words });
    let last: Ending | undefined;
    for (const run of runs) {
      if (!run.process && unsettled.has(run.place.epoch)) continue;
      last = await this.#takeOver(run);
      if (run.process || this.isStopping) return last;
    }
    return mode === "adopt" ? last : undefined;
  }

  async #takeOver(left: LeftRun): Promise<Ending> {
    const { services, writeDirectory, log, enter, update } = this.options;
    const { gamePort, rconPort, rconPassword, note } = left.record;
    const ports = { gamePort, rconPort };
    const { startId, hasCore, facts } = readRunNote(note);
    const words = left.process
      ? `Taking over the server that runs as process ${left.process.pid}`
      : "Reading what the server said last";
    if (left.process) {
      services.ports.hold(ports);
      this.#startId = startId;
      this.#joinable.resolve(true);
      enter("starting", words);
      update({ ...facts, gamePort, players: [...left.record.progress.players] });
    } else enter("preparing", words);
    const server = services.game.adoptServer(left, {
      writeDirectory,
      journal: { ...services.journal },
      log: (text) => log.warn(text),
    });
    try {
      const savePath = typeof facts.save === "string" ? join(writeDirectory, "saves", facts.save) : undefined;
      const run = this.#attach(server, { rconPassword, startId, hasCore, savePath });
      const report = await run.takeOver(left);
      const ending = endingOf(report);
      return left.process || ending.words === ""
        ? ending
        : { ...ending, words: `While the host agent was away: ${ending.words}` };
    } finally {
      if (left.process) services.ports.release(ports);
    }
  }

  async #prepareAndServe(): Promise<Ending> {
    const { options } = this;
    this.#stopping.signal.throwIfAborted();
    const prepared = await prepare({
      spec: options.spec,
      writeDirectory: options.writeDirectory,
      game: options.services.game,
      installs: options.services.installs,
      readModules: () => options.services.readModules(),
      download: options.services.download,
      signal: this.#stopping.signal,
      say: (words) => {
        options.lines.say("Info", words);
        options.update({ words });
      },
    });
    options.update(prepared.facts);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#serve(prepared);
      } catch (error) {
        const mayRetry = attempt < PORT_ATTEMPTS && !this.isStopping && this.#isPortTaken(error);
        if (!mayRetry) {
          await this.#putBackSave(prepared.savePath);
          throw error;
        }
        options.lines.say("Warning", "A port was taken by another program; another one is tried");
        options.enter("preparing", "Looking for another port");
      }
    }
  }

  /** The patched save has proven itself. */
  #acceptSave(savePath: string): void {
    const { services, log } = this.options;
    services.game.acceptPatchedSave(savePath).catch((error: unknown) => {
      log.warn("The save from before the modules were added could not be removed", errorFields(error));
    });
  }

  /** After a start that failed: the modules may be to blame, and the save must be as it was for the next try. */
  async #putBackSave(savePath: string): Promise<void> {
    if (this.#isRunning || this.isStopping) return;
    const { services, lines, log } = this.options;
    try {
      if (await services.game.restoreSave(savePath))
        lines.say("Warning", "The save was put back as it was before the modules were added");
    } catch (error) {
      log.error("The save could not be put back as it was", errorFields(error));
    }
  }

  #isPortTaken(error: unknown): boolean {
    if (!(error instanceof FactorioError) || error.code !== "server-start-failed") return false;
    const reason = error.detail["reason"] ?? (error.detail["report"] as ExitReport | undefined)?.reason;
    return reason === "rcon-port-taken" || (reason === "port-taken" && this.options.spec.gamePort === null);
  }

  async #serve(prepared: Prepared): Promise<Ending> {
    const { services, spec, instance } = this.options;
    const sticky = await services.records.stickyPorts();
    sticky.delete(instance.id);
    const gamePort = await services.ports.takeGamePort(
      { fixed: spec.gamePort, sticky: this.options.stickyPort },
      new Set(sticky.values()),
    );
    let rconPort = 0;
    try {
      rconPort = await services.ports.takeRconPort();
      await services.records.setGamePort(instance.id, gamePort);
      this.#stopping.signal.throwIfAborted();
      return await this.#runServer(prepared, { gamePort, rconPort });
    } finally {
      services.ports.release({ gamePort, rconPort });
    }
  }

  async #runServer(prepared: Prepared, ports: { gamePort: number; rconPort: number }): Promise<Ending> {
    const { options } = this;
    const { services } = options;
    const rconPassword = randomBytes(24).toString("base64url");
    const { hasCore, facts } = prepared;
    const startId = this.#startId;
    const note: RunNote = { startId, hasCore, facts };
    const server = services.game.createServer({
      install: prepared.install,
      writeDirectory: options.writeDirectory,
      savePath: prepared.savePath,
      ...ports,
      rconPassword,
      ...(services.gameBindAddress === "" ? {} : { bindAddress: services.gameBindAddress }),
      ...(services.journal ? { journal: { ...services.journal, note } } : {}),
      log: (text) => options.log.warn(text),
    });
    const { savePath } = prepared;
    const run = this.#attach(server, { rconPassword, startId, hasCore, savePath });
    options.enter("starting", "");
    options.update({ gamePort: ports.gamePort });
    return endingOf(await run.serve());
  }

  #attach(
    server: ServerProcess,
    {
      savePath,
      ...about
    }: { rconPassword: string; startId: string; hasCore: boolean; savePath: string | undefined },
  ): ServerRun {
    const { instance, services, log, lines, unsettled, update, joined, left, setPlayers } = this.options;
    this.#server = server;
    const run = new ServerRun({
      ...{ instance, services, log, lines, server, update, joined, left, setPlayers },
      ...about,
      stopping: this.#stopping.signal,
      stop: () => this.stop(),
      running: () => {
        this.#isRunning = true;
        this.options.enter("running", "");
        this.#started.resolve();
        if (savePath !== undefined) this.#acceptSave(savePath);
      },
    });
    this.#serverRun = run;
    void server.exited.then(async () => {
      const { epoch } = server;
      if (epoch === undefined) return;
      unsettled.add(epoch);
      await server.settled.catch(() => false); // the server has told of it
      unsettled.delete(epoch);
    });
    return run;
  }
}

function endingOf(report: ExitReport): Ending {
  const isClean = report.reason === "stopped" || (report.expected && report.reason === "killed");
  const isAsked = report.expected && report.reason === "stopped";
  return { state: isClean ? "stopped" : "crashed", words: isAsked ? "" : report.words };
}
