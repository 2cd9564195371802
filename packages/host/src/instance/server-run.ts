import type { ExitReport, LeftRun } from "@switchyard/factorio";
import { AppError, type InstanceStatus } from "@switchyard/protocol";
import { errorFields, type Logger } from "@switchyard/node-kit";
import type { LogBuffer } from "../logs/log-buffer.js";
import { atMost } from "../pauses.js";
import type { ServerProcess } from "./game.js";
import { enableScriptCommands, onlinePlayers, tellInstance } from "./greet-game.js";
import type { InstanceServices } from "./instance-services.js";

/** How long the journal of a server that is taken over waits for RCON, so that plugins can answer what they read. */
const RCON_PATIENCE_MS = 2000;

export interface ServerRunOptions {
  instance: { readonly id: string; readonly name: string };
  services: InstanceServices;
  log: Logger;
  lines: LogBuffer;
  server: ServerProcess;
  /** Kept out of the log. */
  rconPassword: string;
  /** Another one for each start of the server. */
  startId: string;
  /** The save holds the core module. */
  hasCore: boolean;
  stopping: AbortSignal;
  stop(): void;
  running(): void;
  update(facts: Partial<InstanceStatus>): void;
  joined(player: string): void;
  left(player: string): void;
  setPlayers(players: string[]): void;
}

/** One server with its plugin sides, from the moment it is made until it is gone or left to the next agent. */
export class ServerRun {
  readonly #sides: ReturnType<InstanceServices["attachSides"]>;
  #isLeft = false;

  constructor(private readonly options: ServerRunOptions) {
    const { services, instance, server } = options;
    this.#listen();
    this.#sides = services.attachSides({ instance, server });
  }

  /** Starts the server; resolves when it is gone. Rejects when it never took commands. */
  serve(): Promise<ExitReport> {
    return this.#whileWatched(async () => {
      await this.options.server.start();
      return this.#fromInGame();
    });
  }

  /**
   * Goes on with a server that an earlier agent began; resolves when it is gone. One that is gone already has its last lines read.
   * Whatever fails here, a server that was in game is never ended for it.
   */
  takeOver({ process, record }: LeftRun): Promise<ExitReport> {
    const { server, stop } = this.options;
    return this.#whileWatched(async () => {
      const started = server.start();
      const isUp = started.then(
        () => true,
        () => false,
      );
      if (record.progress.asked !== "nothing") stop();
      if (process && !record.progress.isInGame) {
        await started;
        return this.#fromInGame();
      }
      const inTime = process ? await atMost(RCON_PATIENCE_MS, isUp) : false;
      if (inTime === undefined) this.options.update({ words: "It runs, but RCON does not answer yet" });
      if (inTime === true) await this.#greetAgain();
      await this.#sides.begin();
      server.read();
      if (inTime === undefined && (await isUp)) await this.#greetAgain();
      if (process && (await isUp)) {
        this.#nowRunning();
        await this.#countPlayers();
      }
      return server.exited;
    });
  }

  /** Lets go of the server, which runs on. False when it cannot be left, and nothing is done then. */
  async leave(limitMs: number): Promise<boolean> {
    if (this.options.server.epoch === undefined) return false;
    this.#isLeft = true;
    this.#sides.windDown();
    this.#isLeft = await this.options.server.leave(limitMs);
    if (this.#isLeft) await this.#sides.close();
    return this.#isLeft;
  }

  async #whileWatched(work: () => Promise<ExitReport>): Promise<ExitReport> {
    const { stopping, server, log } = this.options;
    const onStop = () => {
      this.#sides.windDown();
      server.stop().catch((error: unknown) => log.error("Stopping the server failed", errorFields(error)));
    };
    stopping.addEventListener("abort", onStop, { once: true });
    try {
      return await work();
    } catch (error) {
      // Its commands fail when it is let go of; the server's own end is for the next agent to see.
      if (this.#isLeft) return await server.exited;
      throw error;
    } finally {
      stopping.removeEventListener("abort", onStop);
      this.#sides.windDown();
      await this.#sides.close();
    }
  }

  /** From the server's first moment in game to its end. */
  async #fromInGame(): Promise<ExitReport> {
    const { server, instance } = this.options;
    try {
      await this.#greet();
      await this.#sides.begin();
      this.#nowRunning();
    } catch (error) {
      if (this.#isLeft) return await server.exited;
      // A server that went down says why better than the command that was lost by it.
      void server.stop().catch(() => undefined);
      const report = await server.exited;
      if (report.expected || report.reason === "stopped") throw error;
      throw new AppError("instance-start-failed", { instance: instance.name, reason: report.words });
    }
    return server.exited;
  }

  #nowRunning(): void {
    if (!this.options.stopping.aborted) this.options.running();
  }

  async #greet(): Promise<void> {
    const { server, instance, startId, hasCore } = this.options;
    await enableScriptCommands(server.rcon, instance.name);
    if (hasCore) await tellInstance(server.rcon, { id: instance.id, name: instance.name, startId });
  }

  /** The last agent may have been killed before it did, and the name may have changed since. */
  async #greetAgain(): Promise<void> {
    await this.#greet().catch((error: unknown) =>
      this.options.log.warn("The game that was taken over was not greeted", errorFields(error)),
    );
  }

  async #countPlayers(): Promise<void> {
    const { server, setPlayers, log } = this.options;
    try {
      setPlayers(await onlinePlayers(server.rcon));
    } catch (error) {
      log.warn("The game did not say who is online", errorFields(error));
    }
  }

  #listen(): void {
    const { server, lines, rconPassword, joined, left, update, log } = this.options;
    server.on("line", (line) => {
      const isSecret = rconPassword !== "" && line.raw.includes(rconPassword);
      lines.addServerLine(
        isSecret ? { ...line, text: line.text.replaceAll(rconPassword, "<private>") } : line,
      );
    });
    server.on("event", (event) => {
      if (event.type === "join") joined(event.player);
      if (event.type === "leave") left(event.player);
    });
    server.on("warning", (words) => {
      update({ words: words ?? "" });
      if (words === undefined) return;
      lines.say("Warning", words);
      log.warn(words);
    });
  }
}
