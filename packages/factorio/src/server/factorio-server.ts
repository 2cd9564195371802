import { RconClient } from "../rcon/rcon-client.js";
import type { GameVersion } from "../versions.js";
import type { ExitReport, FactorioServerOptions, ServerEvents, ServerState } from "./server-types.js";

export class FactorioServer {
  readonly rcon: RconClient;
  readonly exited: Promise<ExitReport> = new Promise(() => undefined);

  constructor(readonly options: FactorioServerOptions) {
    this.rcon = new RconClient({ port: options.rconPort, password: options.rconPassword });
  }
  get state(): ServerState {
    return "stopped";
  }
  get pid(): number | undefined {
    return undefined;
  }
  get version(): GameVersion | undefined {
    return undefined;
  }
  start(): Promise<void> {
    throw new Error("not built yet");
  }
  stop(): Promise<ExitReport> {
    throw new Error("not built yet");
  }
  kill(): Promise<ExitReport> {
    throw new Error("not built yet");
  }
  on<K extends keyof ServerEvents>(
    _event: K,
    _listener: (value: ServerEvents[K]) => void | Promise<void>,
  ): () => void {
    throw new Error("not built yet");
  }
}
