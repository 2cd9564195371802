/** Stable, kebab-case; programs map them to their own error table. */
export type FactorioErrorCode =
  | "save-not-a-zip"
  | "save-torn"
  | "save-unsafe-entry"
  | "save-too-large"
  | "save-no-root"
  | "save-unsupported-scenario"
  | "save-newer-patch-format"
  | "save-not-found"
  | "save-create-failed"
  | "module-invalid"
  | "install-not-found"
  | "install-version-unknown"
  | "rcon-auth-failed"
  | "rcon-lost"
  | "rcon-timeout"
  | "rcon-queue-full"
  | "rcon-empty-command"
  | "rcon-invalid-command"
  | "rcon-command-too-large"
  | "rcon-unexpected-output"
  | "rcon-lua-error"
  | "server-start-failed"
  | "server-stopped"
  | "disk-full"
  | "permission-denied"
  | "io-failed";

export interface FactorioErrorOptions {
  cause?: unknown;
  detail?: Record<string, unknown>;
}

/** An expected refusal. `message` is a sentence that says what happened and what to do. */
export class FactorioError extends Error {
  override readonly name = "FactorioError";
  readonly detail: Record<string, unknown>;

  constructor(
    readonly code: FactorioErrorCode,
    message: string,
    options: FactorioErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.detail = options.detail ?? {};
  }
}

/** The `code` of a Node system error ("ENOENT", …), undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const DENIED = new Set(["EACCES", "EPERM", "EROFS"]);

/** Turns a file system error into a sentence about `path`; a FactorioError passes through. */
export function fileError(error: unknown, action: string, path: string): FactorioError {
  if (error instanceof FactorioError) return error;
  const code = systemErrorCode(error) ?? "";
  const options = { cause: error, detail: { path, systemCode: code } };
  if (FULL.has(code)) {
    return new FactorioError(
      "disk-full",
      `There is no room to ${action} ${path}. Free some disk space and try again.`,
      options,
    );
  }
  if (DENIED.has(code)) {
    return new FactorioError(
      "permission-denied",
      `No permission to ${action} ${path}. Give this user access to the file and its folder.`,
      options,
    );
  }
  const why = error instanceof Error ? error.message : String(error);
  return new FactorioError("io-failed", `Could not ${action} ${path}: ${why}.`, options);
}
