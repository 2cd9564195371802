import type { RconOptions, SendRconOptions } from "./rcon-options.js";

export type RconEvent = "connected" | "lost" | "authFailed";

/** Supervisor on rcon-client. */
export class RconClient {
  constructor(readonly options: RconOptions) {}
  get connected(): boolean {
    return false;
  }
  get queued(): number {
    return 0;
  }
  get inFlight(): number {
    return 0;
  }
  start(): void {
    throw new Error("not built yet");
  }
  ready(): Promise<void> {
    throw new Error("not built yet");
  }
  send(_command: string, _options: SendRconOptions = {}): Promise<string> {
    throw new Error("not built yet");
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  on(_event: RconEvent, _listener: (detail?: string) => void): () => void {
    return () => undefined;
  }
}
