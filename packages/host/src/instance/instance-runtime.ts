import { AppError, type InstanceSpec, type InstanceStatus } from "@switchyard/protocol";
import { errorFields, type Logger } from "@switchyard/node-kit";
import { explainFactorioError } from "../factorio-errors.js";
import { LogBuffer } from "../logs/log-buffer.js";
import type { ServerProcess } from "./game.js";
import { tellInstance } from "./greet-game.js";
import { InstanceRun } from "./instance-run.js";
import type { InstanceServices } from "./instance-services.js";
import { changeState, firstStatus, type RuntimeState } from "./instance-state.js";

/** Joins and leaves in quick succession become one change of the status. */
const PLAYERS_PAUSE_MS = 50;

export interface InstanceRuntimeOptions {
  spec: InstanceSpec;
  stickyPort: number | null;
  writeDirectory: string;
  services: InstanceServices;
}

/**
 * One instance of this host. Starts and stops may come at any time from anywhere: a start joins the one under way,
 * waits for a stop under way, and is cancelled by a later stop.
 */
export class InstanceRuntime {
  readonly lines = new LogBuffer();
  #spec: InstanceSpec;
  #status: InstanceStatus = firstStatus(Date.now());
  #run: InstanceRun | undefined;
  #stops = 0;
  #isClosed = false;
  #stickyPort: number | null;
  readonly #unsettled = new Set<string>();
  #playersTimer: NodeJS.Timeout | undefined;
  readonly #log: Logger;
  /** Live view for those who outlast a renaming. */
  readonly identity: { readonly id: string; readonly name: string };

  constructor(private readonly options: InstanceRuntimeOptions) {
    this.#spec = options.spec;
    this.#stickyPort = options.stickyPort;
    this.#log = options.services.log.child({ instance: options.spec.id });
    const currentSpec = () => this.#spec;
    this.identity = {
      id: options.spec.id,
      get name() {
        return currentSpec().name;
      },
    };
  }

  get spec(): InstanceSpec {
    return this.#spec;
  }

  get status(): InstanceStatus {
    return this.#status;
  }

  get writeDirectory(): string {
    return this.options.writeDirectory;
  }

  /** False: nothing of it runs or is being ended. */
  get isActive(): boolean {
    return this.#run !== undefined;
  }

  /** The server of a running instance; throws `instance-not-running`. */
  get server(): ServerProcess {
    const server = this.#run?.server;
    if (server) return server;
    throw new AppError("instance-not-running", { instance: this.#spec.name, state: this.#status.state });
  }

  /** Takes effect at the next start, but for the name, which the game is told at once. */
  assign(spec: InstanceSpec): void {
    const renamed = spec.name !== this.#spec.name;
    this.#spec = spec;
    const run = this.#run;
    if (renamed && run?.server) {
      tellInstance(run.server.rcon, { id: spec.id, name: spec.name, startId: run.startId }).catch(
        (error: unknown) => this.#log.warn("The game was not told the new name", errorFields(error)),
      );
    }
  }

  /** Resolves when the server takes commands, also when it did so already. Rejects AppError; then it has ended. */
  async start(): Promise<InstanceStatus> {
    const stops = this.#stops;
    while (this.#run && this.#stops === stops && (this.#run.isStopping || !(await this.#run.joinable)))
      await this.#run?.ended;
    if (this.#isClosed) throw new AppError("shutting-down", { what: "The host" });
    if (this.#stops !== stops) throw new AppError("cancelled");
    const run = (this.#run ??= this.#beginRun("start"));
    try {
      await run.started;
    } catch (error) {
      await run.ended;
      throw explainFactorioError(error, this.#spec.name);
    }
    return this.#status;
  }

  /** Resolves when the server has saved and is gone. Cancels a start that is under way. Does nothing when stopped. */
  async stop(): Promise<InstanceStatus> {
    this.#stops += 1;
    const run = this.#run;
    run?.stop();
    await run?.ended;
    return this.#status;
  }

  /** Sends one console command; the reply is the server's own text. */
  async sendRcon(command: string): Promise<string> {
    const { rcon } = this.server;
    try {
      return await rcon.send(command, { lane: "normal" });
    } catch (error) {
      throw explainFactorioError(error, this.#spec.name);
    }
  }

  /** Takes over what an earlier host agent left running, or reads the end of it; does nothing when there is none. */
  adopt(): void {
    const { services, writeDirectory } = this.options;
    if (!services.journal || this.#run) return;
    const { runs, stray } = services.game.findLeftRuns(writeDirectory, services.journal.directory);
    if (runs.length > 0 || stray) this.#run = this.#beginRun("adopt");
  }

  /** As `close`, but a server that can be left runs on for the next host agent. */
  async leave(limitMs: number): Promise<void> {
    this.#isClosed = true;
    if (!(await this.#run?.leave(limitMs))) await this.stop();
    this.#endTimer();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.stop();
    this.#endTimer();
  }

  #endTimer(): void {
    clearTimeout(this.#playersTimer);
    this.#playersTimer = undefined;
  }

  #beginRun(mode: "start" | "adopt"): InstanceRun {
    const { services, writeDirectory } = this.options;
    const run = new InstanceRun({
      mode,
      instance: this.identity,
      spec: this.#spec,
      stickyPort: this.#stickyPort,
      writeDirectory,
      services,
      log: this.#log,
      lines: this.lines,
      unsettled: this.#unsettled,
      enter: (state, words) => this.#enter(state, words),
      update: (facts) => this.#update(facts),
      joined: (player) =>
        this.#setPlayers([...this.#status.players.filter((name) => name !== player), player]),
      left: (player) => this.#setPlayers(this.#status.players.filter((name) => name !== player)),
      setPlayers: (players) => this.#setPlayers(players),
    });
    run.begin();
    void run.ended.then(() => {
      if (this.#run === run) this.#run = undefined;
    });
    return run;
  }

  #update(facts: Partial<InstanceStatus>): void {
    if (facts.gamePort !== undefined && facts.gamePort !== null) this.#stickyPort = facts.gamePort;
    this.#say({ ...this.#status, ...facts });
  }

  #enter(state: RuntimeState, words: string): void {
    if (state === this.#status.state) return this.#update({ words });
    const level = state === "crashed" ? "Error" : "Info";
    this.lines.say(level, words === "" ? `Instance ${state}` : `Instance ${state}: ${words}`);
    this.#log.info(`Instance ${this.#spec.name} is ${state}`, words === "" ? {} : { words });
    this.#say(changeState(this.#status, state, words, Date.now()));
  }

  #setPlayers(players: string[]): void {
    this.#status = { ...this.#status, players };
    this.#playersTimer ??= setTimeout(() => this.#say(this.#status), PLAYERS_PAUSE_MS);
  }

  #say(status: InstanceStatus): void {
    this.#endTimer();
    this.#status = status;
    this.options.services.statusChanged(this.#spec, status);
  }
}
