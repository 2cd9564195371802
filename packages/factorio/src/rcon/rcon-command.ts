import { FactorioError } from "../errors.js";
import type { RconLane } from "./rcon-options.js";

/** One command from send() to its reply. */
export interface RconCommand {
  readonly command: string;
  /** Of the command in UTF-8. */
  readonly bytes: number;
  readonly lane: RconLane;
  readonly ordered: string | undefined;
  readonly expectEmpty: boolean;
  readonly timeoutMs: number;
  /** On the clock of performance.now(). */
  readonly deadline: number;
  /** The server may have seen it. */
  isSent: boolean;
  /** True once the caller was told, by reply or by deadline. */
  isSettled: boolean;
  readonly resolve: (reply: string) => void;
  readonly reject: (error: Error) => void;
}

/** Tells the caller, unless that happened before. */
export function settleReply(command: RconCommand, reply: string): void {
  if (command.isSettled) return;
  command.isSettled = true;
  if (command.expectEmpty && reply !== "") command.reject(unexpectedOutput(reply));
  else command.resolve(reply);
}

/** Tells the caller, unless that happened before. */
export function settleError(command: RconCommand, error: Error): void {
  if (command.isSettled) return;
  command.isSettled = true;
  command.reject(error);
}

function unexpectedOutput(output: string): FactorioError {
  const shown = output.trim().slice(0, 300);
  return new FactorioError(
    "rcon-unexpected-output",
    `The RCON command should print nothing, but printed: ${shown}`,
    { detail: { sent: true, output } },
  );
}
