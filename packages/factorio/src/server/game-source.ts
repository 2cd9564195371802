import type { FactorioInstall } from "../install/factorio-install.js";
import { GameProcess, type LaunchOptions } from "./game-process.js";
import { JournaledRun, type RunLines } from "./journaled-run.js";
import { serverArguments } from "./launch-server.js";
import type { LeftRun } from "./left-runs.js";
import type { RunProgress } from "./run-progress.js";
import type { FactorioServerOptions } from "./server-types.js";

export type Game = Pick<GameProcess, "pid" | "exited" | "signal" | "kill">;

/** Of a server that is not launched but taken over. */
export const NO_INSTALL: FactorioInstall = Object.freeze({
  directory: "",
  executable: "",
  dataDirectory: "",
  version: { major: 0, minor: 0, patch: 0 },
  isSimulator: false,
});

/** How a run gets its process and its lines: through pipes, a new journal, or the journal of a run that is taken over. */
export class GameSource {
  readonly #options: FactorioServerOptions;
  readonly #lines: RunLines;
  #journal: JournaledRun | undefined;
  #mayRead = false;

  constructor(options: FactorioServerOptions, lines: RunLines) {
    this.#options = options;
    this.#lines = lines;
  }

  /** Undefined with pipes, and before launch() or adopt(). */
  get journal(): JournaledRun | undefined {
    return this.#journal;
  }

  /** Rejects with the system's error when the executable cannot be run. */
  async launch(progress: Readonly<RunProgress>): Promise<Game> {
    const { install, writeDirectory, environment, journal } = this.#options;
    const launch = {
      install,
      arguments: serverArguments(this.#options),
      directory: writeDirectory,
      ...(environment === undefined ? {} : { environment }),
    };
    if (!journal) return this.#spawnPiped(launch);
    const { savePath, gamePort, rconPort, rconPassword } = this.#options;
    const record = { savePath, gamePort, rconPort, rconPassword, progress, note: journal.note ?? null };
    this.#journal = JournaledRun.create(writeDirectory, record, journal, this.#lines);
    return this.#journal.spawn(launch);
  }

  async adopt(left: LeftRun): Promise<Game> {
    this.#journal = await JournaledRun.open(left, this.#options.journal ?? {}, this.#lines);
    const game = this.#journal.adopt(left);
    if (this.#mayRead) game.read();
    return game;
  }

  /** Begins to read the journal of a run that is taken over; also when adopt() comes later. */
  read(): void {
    this.#mayRead = true;
    this.#journal?.process?.read();
  }

  #spawnPiped(launch: LaunchOptions): Promise<GameProcess> {
    const { delivery, maxLineBytes, onLine, onOversized } = this.#lines;
    let lines = 0;
    return GameProcess.spawn({
      ...launch,
      ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
      onLine: (line, bytes) => onLine(line, bytes, lines++),
      onOversized,
      waitUntilReady: () => (delivery.isReady ? undefined : delivery.ready()),
    });
  }
}
