import { join } from "node:path";

/**
 * The control socket: newline-delimited JSON over TCP on 127.0.0.1. The first line must be
 * `{"id":1,"op":"hello","token":"..."}`; every request line is answered by one line with the same id. After
 * `subscribe` the server also sends `{"event":"print","player":"...","text":"..."}` lines.
 */
export interface ControlRequest {
  id: number;
  op: string;
  [field: string]: unknown;
}

export type ControlReply =
  { id: number; ok: true; result: unknown } | { id: number; ok: false; error: string };

export interface ControlPrint {
  event: "print";
  /** Name of the player who saw the line, or `<server>` for a line on the server's console. */
  player: string;
  text: string;
}

/** Longest request or reply line, in bytes. */
export const MAX_CONTROL_LINE = 4 * 1024 * 1024;

/** Found by clients at `<write-data>/factorio-sim-control.json`, readable by the owner only. */
export interface ControlFile {
  port: number;
  token: string;
  pid: number;
}

export function controlFilePath(writeData: string): string {
  return join(writeData, "factorio-sim-control.json");
}

export interface ServerStatus {
  version: string;
  save: string | null;
  tick: number;
  speed: number;
  isPaused: boolean;
  state: string;
  gamePort: number;
  rconPort: number | null;
  players: PlayerStatus[];
}

export interface PlayerStatus {
  index: number;
  name: string;
  isConnected: boolean;
  isAdmin: boolean;
  surface: string;
  position: { x: number; y: number };
}

/** Splits a stream into lines; gives false once a line grows beyond the limit. */
export class LineReader {
  private rest = "";

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: string): boolean {
    this.rest += chunk;
    for (let at = this.rest.indexOf("\n"); at >= 0; at = this.rest.indexOf("\n")) {
      const line = this.rest.slice(0, at);
      this.rest = this.rest.slice(at + 1);
      if (line.trim() !== "") this.onLine(line);
    }
    return this.rest.length <= MAX_CONTROL_LINE;
  }
}
