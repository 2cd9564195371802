import { randomBytes } from "node:crypto";
import { FactorioError, type ExitReport } from "@switchyard/factorio";
import { AppError, type InstanceSpec, type InstanceStatus } from "@switchyard/protocol";
import { createId, errorFields, type Logger } from "@switchyard/node-kit";
import { createDeferred } from "../deferred.js";
import { explainFactorioError } from "../factorio-errors.js";
import type { LogBuffer } from "../logs/log-buffer.js";
import type { ServerProcess } from "./game.js";
import { enableScriptCommands, tellInstance } from "./greet-game.js";
import type { InstanceServices, RunSides } from "./instance-services.js";
import type { RuntimeState } from "./instance-state.js";
import { prepare, type Prepared } from "./prepare.js";

/** Ports can be taken by another program between the look and the server's own bind. */
const PORT_ATTEMPTS = 3;

export interface InstanceRunOptions {
  instance: { readonly id: string; readonly name: string };
  spec: InstanceSpec;
  stickyPort: number | null;
  writeDirectory: string;
  services: InstanceServices;
  log: Logger;
  lines: LogBuffer;
  enter(state: RuntimeState, words: string): void;
  /** Something of the status beside state and words. */
  update(facts: Partial<InstanceStatus>): void;
  joined(player: string): void;
  left(player: string): void;
}

interface Ending {
  state: "stopped" | "crashed";
  words: string;
}

/** One life of an instance: from preparing to the end of its server. Made for one use. */
export class InstanceRun {
  readonly #stopping = new AbortController();
  readonly #started = createDeferred<void>();
  #ended: Promise<void> | undefined;
  #server: ServerProcess | undefined;
  #isRunning = false;
  #isOver = false;
  #recordedPid: number | null = null;
  readonly startId = createId();

  constructor(private readonly options: InstanceRunOptions) {}

  /** The server, while it takes commands. */
  get server(): ServerProcess | undefined {
    return this.#isRunning ? this.#server : undefined;
  }

  /** Resolves when the server takes commands; rejects AppError when it never will. */
  get started(): Promise<void> {
    return this.#started.promise;
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
    this.#ended ??= this.#live();
  }

  /** Ends it wherever it is. Follow it with `ended`. */
  stop(): void {
    if (this.isStopping || this.#isOver) return;
    this.options.enter("stopping", "");
    this.#stopping.abort(new AppError("cancelled"));
  }

  async #live(): Promise<void> {
    const { options } = this;
    let ending: Ending;
    try {
      options.enter("preparing", "");
      ending = await this.#prepareAndServe();
    } catch (error) {
      ending = this.#failed(explainFactorioError(error, options.instance.name));
    }
    this.#isRunning = false;
    this.#isOver = true;
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

  async #prepareAndServe(): Promise<Ending> {
    const { options } = this;
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
        if (!mayRetry) throw error;
        options.lines.say("Warning", "A port was taken by another program; another one is tried");
        options.enter("preparing", "Looking for another port");
      }
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
    const server = services.game.createServer({
      install: prepared.install,
      writeDirectory: options.writeDirectory,
      savePath: prepared.savePath,
      ...ports,
      rconPassword,
      ...(services.gameBindAddress === "" ? {} : { bindAddress: services.gameBindAddress }),
      log: (text) => options.log.warn(text),
    });
    this.#server = server;
    this.#listen(server, rconPassword);
    const sides = services.attachSides({ instance: options.instance, server });
    const onStop = () => this.#stopServer(server, sides);
    this.#stopping.signal.addEventListener("abort", onStop, { once: true });
    try {
      options.enter("starting", "");
      options.update({ gamePort: ports.gamePort });
      await server.start();
      return await this.#whileUp(server, sides, prepared);
    } finally {
      this.#stopping.signal.removeEventListener("abort", onStop);
      this.#isRunning = false;
      sides.windDown();
      await sides.close();
      await this.#recordProcess(null);
    }
  }

  #stopServer(server: ServerProcess, sides: RunSides): void {
    sides.windDown();
    server.stop().catch((error: unknown) => {
      this.options.log.error("Stopping the server failed", errorFields(error));
    });
  }

  /** From the server's first moment in game to its end. */
  async #whileUp(
    server: ServerProcess,
    sides: { begin(): Promise<void> },
    prepared: Prepared,
  ): Promise<Ending> {
    const { instance } = this.options;
    try {
      await enableScriptCommands(server.rcon, instance.name);
      if (prepared.hasCore)
        await tellInstance(server.rcon, { id: instance.id, name: instance.name, startId: this.startId });
      await sides.begin();
      if (!this.isStopping) {
        this.#isRunning = true;
        this.options.enter("running", "");
        this.#started.resolve();
      }
    } catch (error) {
      // A server that went down says why better than the command that was lost by it.
      void server.stop().catch(() => undefined);
      const report = await server.exited;
      if (report.expected || report.reason === "stopped") throw error;
      throw this.#startFailed(report.words);
    }
    const report = await server.exited;
    this.#started.reject(this.isStopping ? new AppError("cancelled") : this.#startFailed(report.words));
    const isClean = report.reason === "stopped" || (report.expected && report.reason === "killed");
    const isAsked = report.expected && report.reason === "stopped";
    return { state: isClean ? "stopped" : "crashed", words: isAsked ? "" : report.words };
  }

  #startFailed(reason: string): AppError {
    return new AppError("instance-start-failed", { instance: this.options.instance.name, reason });
  }

  #listen(server: ServerProcess, rconPassword: string): void {
    const { options } = this;
    server.on("state", () => this.#recordProcess(server.pid ?? null));
    // The first line comes long before the next state, and a host may be killed in between.
    server.on("line", (line) => {
      void this.#recordProcess(server.pid ?? null);
      options.lines.addServerLine(
        line.raw.includes(rconPassword)
          ? { ...line, text: line.text.replaceAll(rconPassword, "<private>") }
          : line,
      );
    });
    server.on("event", (event) => {
      if (event.type === "join") options.joined(event.player);
      if (event.type === "leave") options.left(event.player);
    });
  }

  async #recordProcess(pid: number | null): Promise<void> {
    if (pid === this.#recordedPid) return;
    this.#recordedPid = pid;
    await this.options.services.records.setProcess(this.options.instance.id, pid).catch((error: unknown) => {
      this.options.log.error("The server's process id could not be kept", errorFields(error));
    });
  }
}
