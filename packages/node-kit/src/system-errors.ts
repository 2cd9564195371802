import { AppError } from "@switchyard/protocol";

/**
 * Errors of the operating system as sentences that say what to do; anything else becomes `internal` with the cause kept.
 * An AppError is given back as it is.
 */
export function explainSystemError(error: unknown, about: { path?: string; port?: number } = {}): AppError {
  if (error instanceof AppError) return error;
  const system = error as NodeJS.ErrnoException & { port?: number };
  const path = about.path ?? system.path ?? "?";
  switch (system.code) {
    case "EADDRINUSE":
      return new AppError("port-taken", { port: about.port ?? system.port ?? 0 }, { cause: error });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      if (about.port !== undefined)
        return new AppError("port-refused", { port: about.port }, { cause: error });
      return new AppError("no-permission", { path }, { cause: error });
    case "ENOSPC":
    case "EDQUOT":
    case "SQLITE_FULL":
      return new AppError("disk-full", { path }, { cause: error });
    case "SQLITE_CORRUPT":
    case "SQLITE_NOTADB":
      return new AppError("store-corrupt", { path, reason: system.message }, { cause: error });
    case "SQLITE_READONLY":
    case "SQLITE_CANTOPEN":
      return new AppError("no-permission", { path }, { cause: error });
    default:
      return AppError.from(error);
  }
}
