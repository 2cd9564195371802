import { FactorioError } from "../errors.js";
import type { CallOutcome, EncodedCall } from "./batch-text.js";
import type { RconLane } from "./rcon-options.js";

/** One command or call from its sender to its reply. */
export interface RconCommand {
  /** Grows with the time of sending. */
  readonly sequence: number;
  /** Undefined for a call. */
  readonly text: string | undefined;
  /** A call of a Lua function, which may share a command with others. */
  readonly call: EncodedCall | undefined;
  /** Of the text or the call's item in UTF-8. */
  readonly bytes: number;
  readonly lane: RconLane;
  readonly ordered: string | undefined;
  readonly expectEmpty: boolean;
  readonly timeoutMs: number;
  /** On the clock of performance.now(). */
  readonly deadline: number;
  /** The server may have run it. */
  isSent: boolean;
  /** True once the caller was told, by reply or by deadline. */
  isSettled: boolean;
  /** How often the game asked to repeat it. */
  warnings: number;
  readonly resolve: (reply: string) => void;
  readonly reject: (error: Error) => void;
}

/** Tells the caller, unless that happened before. */
export function settleReply(command: RconCommand, reply: string): void {
  if (command.isSettled) return;
  command.isSettled = true;
  if (command.expectEmpty && reply !== "") command.reject(unexpectedOutput("nothing", reply));
  else command.resolve(reply);
}

/** Tells the caller of a call, unless that happened before. */
export function settleOutcome(command: RconCommand, outcome: CallOutcome): void {
  if (outcome.ok) return settleReply(command, outcome.text);
  const message = `Lua refused the call of ${command.call?.functionPath ?? "?"}: ${outcome.error}`;
  settleError(
    command,
    new FactorioError("rcon-lua-error", message, { detail: { sent: true, luaError: outcome.error } }),
  );
}

/** Tells the caller, unless that happened before. */
export function settleError(command: RconCommand, error: Error): void {
  if (command.isSettled) return;
  command.isSettled = true;
  command.reject(error);
}

export function unexpectedOutput(expected: string, output: string): FactorioError {
  const shown = output.trim().slice(0, 300);
  return new FactorioError(
    "rcon-unexpected-output",
    `The RCON command should print ${expected}, but printed: ${shown}`,
    { detail: { sent: true, output } },
  );
}
