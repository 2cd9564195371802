export { readConfig, writeConfig, type ReadConfigOptions } from "./config.js";
export { readJsonFile, syncDirectory, writeFileAtomic } from "./files.js";
export { Lifecycle, untilSignal } from "./lifecycle.js";
export { acquireLock, processStartTime, type LockFile } from "./lock-file.js";
export {
  createLogger,
  errorFields,
  silentLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  type LogOutput,
} from "./logger.js";
export { openStore, type OpenStoreOptions, type Store } from "./store.js";
export { explainSystemError } from "./system-errors.js";
export { createId, createToken, hashToken, TOKEN_PATTERN, type TokenKind } from "./tokens.js";
