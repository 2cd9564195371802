import type { LuaModule } from "@switchyard/factorio";
import type { InstanceSpec, InstanceStatus } from "@switchyard/protocol";
import type { Logger } from "@switchyard/node-kit";
import type { Installs } from "../installs.js";
import type { ChooseSaveOptions } from "./choose-save.js";
import type { Game, ServerProcess } from "./game.js";
import type { InstanceRecords } from "./instance-records.js";
import type { Ports } from "./ports.js";

/** The plugin sides of one run of an instance. */
export interface RunSides {
  /** No more entries are consumed; the sides' signal is aborted. What the game still says is handled. */
  windDown(): void;
  close(): Promise<void>;
}

/** What a run gives to the plugin sides. */
export interface SidesOptions {
  instance: { readonly id: string; readonly name: string };
  server: ServerProcess;
}

/** What instances need of their host; the same object for all of them. */
export interface InstanceServices {
  readonly game: Game;
  readonly installs: Installs;
  readonly ports: Ports;
  readonly records: InstanceRecords;
  readonly log: Logger;
  readonly gameBindAddress: string;
  /** How servers keep their output; undefined where they end with this process. */
  readonly journal: { directory?: string } | undefined;
  readonly download: ChooseSaveOptions["download"];
  readModules(): Promise<LuaModule[]>;
  /**
   * Called before the server starts, so that nothing it says is missed. `begin` starts the sides, when the server
   * takes commands; it resolves when all have started or failed, and never rejects.
   */
  attachSides(options: SidesOptions): { begin(): Promise<void> } & RunSides;
  statusChanged(spec: InstanceSpec, status: InstanceStatus): void;
}
