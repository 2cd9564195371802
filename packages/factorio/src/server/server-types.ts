import type { FactorioInstall } from "../install/factorio-install.js";
import type { DeadLetter, IpcMessage } from "../ipc/ipc-decoder.js";
import type { FailureReason, ServerEvent } from "../lines/server-event.js";
import type { ServerLine } from "../lines/server-line.js";
import type { RconOptions } from "../rcon/rcon-options.js";

/** "stopped" before start() too. A start that fails ends in "crashed". */
export type ServerState = "preparing" | "starting" | "running" | "stopping" | "stopped" | "crashed";

export interface ExitReport {
  /** Null when a signal ended the process, or when it never ran. */
  code: number | null;
  signal: string | null;
  /** True when stop() or kill() asked for it. */
  expected: boolean;
  reason: FailureReason | "stopped" | "killed" | "out-of-memory";
  /** One sentence for people: what happened and, where there is something, what to do. */
  words: string;
  /** At most 50, the newest last. */
  lastLines: string[];
}

export interface FactorioServerOptions {
  install: FactorioInstall;
  writeDirectory: string;
  savePath: string;
  gamePort: number;
  rconPort: number;
  rconPassword: string;
  /** Address the game binds its UDP port to; the game's default is every address. */
  bindAddress?: string;
  extraArguments?: string[];
  environment?: Record<string, string>;
  /** Default 600,000. */
  startTimeoutMs?: number;
  /** Default 300,000, over all steps of the escalation. */
  stopTimeoutMs?: number;
  rcon?: Partial<RconOptions>;
  /** Longer output lines are dropped as dead letters; default 4 MiB. */
  maxLineBytes?: number;
  /** Told of listeners that threw and of RCON's comings and goings. */
  log?: (text: string) => void;
}

export interface ServerEvents {
  state: ServerState;
  line: ServerLine;
  event: ServerEvent;
  /** A listener may return a promise: the next message of this server waits for it, and in the end the game's pipe does. */
  ipc: IpcMessage;
  deadLetter: DeadLetter;
  exit: ExitReport;
}
