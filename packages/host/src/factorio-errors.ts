import { AppError } from "@switchyard/protocol";
import { FactorioError, type FactorioErrorCode } from "@switchyard/factorio";
import { explainSystemError } from "@switchyard/node-kit";

/** The one place where errors of the factorio package become those of the cluster. `instance` is the instance's name. */
export function explainFactorioError(error: unknown, instance: string): AppError {
  if (!(error instanceof FactorioError)) return explainSystemError(error);
  const cause = { cause: error };
  const reason = error.message;
  const path = text(error.detail["path"]) ?? "?";
  const { code } = error;
  if (isRconCode(code)) return explainRconError(error, code, instance);
  switch (code) {
    case "save-not-a-zip":
    case "save-torn":
    case "save-unsafe-entry":
    case "save-too-large":
    case "save-no-root":
    case "save-unsupported-scenario":
    case "save-newer-patch-format":
      return new AppError("save-refused", { reason }, cause);
    case "save-not-found":
      return new AppError("save-not-found", { save: path }, cause);
    case "save-create-failed":
    case "server-start-failed":
      return new AppError("instance-start-failed", { instance, reason }, cause);
    case "module-invalid":
      return new AppError("config-invalid", { field: "luaModules", reason }, cause);
    case "install-not-found":
    case "install-version-unknown":
      return new AppError(
        "factorio-not-found",
        { directory: text(error.detail["directory"]) ?? "the Factorio folders", reason },
        cause,
      );
    case "server-stopped":
      return new AppError("cancelled", {}, cause);
    case "disk-full":
      return new AppError("disk-full", { path }, cause);
    case "permission-denied":
      return new AppError("no-permission", { path }, cause);
    case "io-failed":
      return new AppError("internal", { reason }, cause);
  }
}

type RconErrorCode = Extract<FactorioErrorCode, `rcon-${string}`>;

function isRconCode(code: FactorioErrorCode): code is RconErrorCode {
  return code.startsWith("rcon-");
}

function explainRconError(error: FactorioError, code: RconErrorCode, instance: string): AppError {
  const cause = { cause: error };
  const reason = error.message;
  switch (code) {
    case "rcon-auth-failed":
    case "rcon-lost":
      return new AppError("rcon-lost", { instance }, cause);
    case "rcon-timeout":
      return new AppError(
        "deadline-exceeded",
        { timeoutMs: number(error.detail["timeoutMs"]) ?? 200_000 },
        cause,
      );
    case "rcon-queue-full":
      return new AppError(
        "queue-full",
        { what: `RCON of ${instance}`, count: number(error.detail["queued"]) ?? 1000 },
        cause,
      );
    case "rcon-empty-command":
    case "rcon-invalid-command":
    case "rcon-command-too-large":
      return new AppError("bad-request", { reason }, cause);
    case "rcon-unexpected-output":
      return new AppError("rcon-refused", { instance, reason }, cause);
    case "rcon-lua-error": {
      const said = text(error.detail["luaError"]) ?? "";
      return new AppError("rcon-refused", { instance, reason: said === "" ? reason : said }, cause);
    }
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
