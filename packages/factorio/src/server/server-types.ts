import type { FactorioInstall } from "../install/factorio-install.js";
import type { DeadLetter, IpcMessage } from "../ipc/ipc-decoder.js";
import type { FailureReason, ServerEvent } from "../lines/server-event.js";
import type { ServerLine } from "../lines/server-line.js";
import type { RconOptions } from "../rcon/rcon-options.js";

/** How a server is taken over that another process started. */
export type AdoptServerOptions = Pick<
  FactorioServerOptions,
  "writeDirectory" | "startTimeoutMs" | "stopTimeoutMs" | "rcon" | "maxLineBytes" | "journal" | "log"
>;

/** "stopped" before start() too. A start that fails ends in "crashed". */
export type ServerState = "preparing" | "starting" | "running" | "stopping" | "stopped" | "crashed";

export interface ExitReport {
  /** Null when a signal ended the process, when it never ran, and when it was no child of this process. */
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

/** Linux only; elsewhere, or without it, a server's output comes through pipes and ends with this process. */
export interface JournalOptions {
  /** Where journals are; default: in the write directory. A tmpfs is fine. */
  directory?: string;
  /** Kept in the run's record for whoever takes it over; JSON. */
  note?: unknown;
  /** Consumed space is given back in such steps; default 32 MiB. */
  punchEveryBytes?: number;
  /** So much unread output is worth a warning; default 1 GiB. */
  behindLimitBytes?: number;
}

/** The place of a line in its server's journal. */
export interface Delivery {
  /** Names the run for good. */
  readonly epoch: string;
  /** Offset of the line's first byte; grows from line to line. */
  readonly at: number;
  /** The line may have been handed on before, by a process that was killed before it could note it. */
  readonly isRedelivered: boolean;
  /** The line counts as not handled until the returned function is called, also when its handlers are done. */
  hold(): () => void;
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
  journal?: JournalOptions;
  /** Told of listeners that threw and of RCON's comings and goings. */
  log?: (text: string) => void;
}

export interface ServerEvents {
  state: ServerState;
  line: ServerLine;
  /** A listener may return a promise: the next event or message of this server waits for it. */
  event: ServerEvent;
  /** Likewise. In the end the game's pipe waits, or its journal grows. */
  ipc: IpcMessage;
  deadLetter: DeadLetter;
  /** Something that will go wrong unless somebody acts; undefined: it is over. */
  warning: string | undefined;
  exit: ExitReport;
}
