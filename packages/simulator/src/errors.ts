/** Stable codes of the failures that the simulator's own tools and clients report. */
export type SimulatorErrorCode =
  | "usage"
  | "install-failed"
  | "control-unavailable"
  | "control-refused"
  | "control-closed"
  | "control-timeout"
  | "control-line-too-long"
  | "zip-invalid";

/** An expected refusal of the simulator; `message` says what happened and what to do. */
export class SimulatorError extends Error {
  constructor(
    readonly code: SimulatorErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = "SimulatorError";
  }
}

/**
 * A failure that ends the game with exit code 1, in the game's own words. `wrapped` failures happen after
 * the multiplayer manager exists and print the whole failed-load sequence (facts-2 §1.5).
 */
export class StartFailure extends Error {
  constructor(
    message: string,
    readonly where: "util" | "command-line" | "multiplayer-manager",
  ) {
    super(message);
    this.name = "StartFailure";
  }
}

/** A Lua error in level code outside a command: fatal to the whole server (facts §3.10). */
export class ScriptCrash extends Error {
  constructor(
    /** For example `event level::on_nth_tick(1)`. */
    readonly activity: string,
    readonly luaMessage: string,
    readonly traceback: string,
  ) {
    super(`Error while running ${activity}: ${luaMessage}`);
    this.name = "ScriptCrash";
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system error code (`ENOENT`, `EADDRINUSE`), if the error has one. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return undefined;
}
