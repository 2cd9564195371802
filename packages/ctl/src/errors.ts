import { explainSystemError } from "@switchyard/node-kit/system-errors";
import { AppError } from "@switchyard/protocol";

/** Whatever a command threw as an AppError: refusals of the factorio package and of the system become sentences. */
export function explainError(error: unknown): AppError {
  return isGameRefusal(error) ? explainGameRefusal(error) : explainSystemError(error);
}

interface GameRefusal extends Error {
  code: string;
  detail: Record<string, unknown>;
}

/** By name and not by class: loading the factorio package only to look at an error would be wasteful. */
function isGameRefusal(error: unknown): error is GameRefusal {
  return error instanceof Error && error.name === "FactorioError" && "code" in error && "detail" in error;
}

function explainGameRefusal(error: GameRefusal): AppError {
  const path = typeof error.detail["path"] === "string" ? error.detail["path"] : "?";
  const reason = error.message;
  switch (error.code) {
    case "save-not-found":
      return new AppError("save-not-found", { save: path }, { cause: error });
    case "disk-full":
      return new AppError("disk-full", { path }, { cause: error });
    case "permission-denied":
      return new AppError("no-permission", { path }, { cause: error });
    case "install-not-found":
      return new AppError("factorio-not-found", { directory: path, reason }, { cause: error });
    default:
      return error.code.startsWith("save-")
        ? new AppError("save-refused", { reason, gameCode: error.code }, { cause: error })
        : new AppError("usage", { reason, gameCode: error.code }, { cause: error });
  }
}
