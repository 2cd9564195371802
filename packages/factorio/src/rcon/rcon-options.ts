import type { SegmentSettings } from "./segment-budget.js";

/** Who goes first when more commands wait than may run. */
export type RconLane = "urgent" | "normal" | "bulk";

export interface RconOptions {
  /** Default 127.0.0.1: the game listens on IPv4, "localhost" may be IPv6. */
  host?: string;
  port: number;
  password: string;
  /** Commands in flight at once, default 5. Bulk commands leave one of these free for the others. */
  maxConcurrentCommands?: number;
  /** Waiting commands over all lanes, default 1000; more are refused. */
  maxQueuedCommands?: number;
  /** UTF-8 bytes of one command, default 1,200,000: what the game takes in within the default timeout (100 bytes a tick). */
  maxCommandBytes?: number;
  /** Largest reply packet that is accepted, default 64 MiB; more ends the connection. */
  maxReplyBytes?: number;
  /** From send() to the reply, waiting included; default 200,000. */
  defaultTimeoutMs?: number;
  /** TCP connect and sign-in together, default 10,000. */
  connectTimeoutMs?: number;
  /** First wait before a reconnect, doubled up to 30 times as much; default 250. */
  reconnectDelayMs?: number;
  /** The connection is renewed after so many commands, before the int32 request id of rcon-client overflows. */
  maxCommandsPerConnection?: number;
  /** UTF-8 bytes of one command that holds several calls, default 16,384; less while players are online. */
  maxBatchBytes?: number;
  /** UTF-8 bytes of one command of a bulk transfer, default 8,000; less while players are online. */
  maxBulkBytes?: number;
  /** How the server cuts commands while players are online; the game's defaults when it is left out. */
  segment?: SegmentSettings;
  log?: (text: string) => void;
}

export interface SendRconOptions {
  lane?: RconLane;
  /** Commands with the same key run one after another, in the order of send(), over all lanes. */
  ordered?: string;
  timeoutMs?: number;
  /** Any output makes the command fail with rcon-unexpected-output. */
  expectEmpty?: boolean;
}

export type CallRconOptions = Omit<SendRconOptions, "expectEmpty">;

export interface TransferOptions {
  /** The call at the end runs in order with other commands of that key. */
  ordered?: string;
  /** Of the whole transfer, default 600,000. */
  timeoutMs?: number;
  /** Ends it; what the game holds of it is dropped. The promise rejects with the signal's reason. */
  signal?: AbortSignal;
}
