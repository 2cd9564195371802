import winston from "winston";
import { AppError } from "@switchyard/protocol";
import { LogFiles } from "./log-files.js";
import { TOKEN_PATTERN } from "./tokens.js";

export type LogLevel = "error" | "warn" | "info" | "debug";
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  error(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  debug(text: string, fields?: LogFields): void;
  /** A logger that adds these fields to every record. It shares the parent's outputs. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Stands in every record: `controller`, `host`. */
  program: string;
  level: LogLevel;
  /** `text` and `json` write to stderr, so that stdout stays free for results. */
  console: "text" | "json" | "none";
  /** Folder for one JSON file a day: 14 days and 20 MB a file are kept. Absent: no files. */
  directory?: string;
}

/** Owns the outputs of a program's log. */
export interface LogOutput extends Logger {
  /** Resolves when everything written so far is on disk. Nothing can be logged afterwards. */
  close(): Promise<void>;
}

export function createLogger(options: LoggerOptions): LogOutput {
  const transports: winston.transport[] = [];
  if (options.console !== "none") transports.push(consoleTransport(options.console));
  const file = options.directory === undefined ? undefined : new LogFiles(options.directory, options.program);
  if (file) transports.push(file);
  const logger = winston.createLogger({
    level: options.level,
    format: winston.format.combine(redactSecrets(), winston.format.timestamp()),
    defaultMeta: { program: options.program },
    transports,
    silent: transports.length === 0,
  });
  return Object.assign(wrap(logger), {
    close: async () => {
      const ended = new Promise((resolve) => logger.on("finish", resolve));
      logger.end();
      await ended;
      await file?.flush();
    },
  });
}

/** Logs nothing: for tests and short commands. */
export function silentLogger(): Logger {
  const nothing = () => undefined;
  const logger: Logger = {
    error: nothing,
    warn: nothing,
    info: nothing,
    debug: nothing,
    child: () => logger,
  };
  return logger;
}

/** An error as fields: expected refusals by code, bugs with their stack. */
export function errorFields(error: unknown): LogFields {
  if (error instanceof AppError && error.code !== "internal")
    return { code: error.code, reason: error.message };
  const cause = error instanceof AppError ? (error.cause ?? error) : error;
  return { code: "internal", stack: cause instanceof Error ? cause.stack : String(cause) };
}

function wrap(logger: winston.Logger): Logger {
  return {
    error: (text, fields) => void logger.error(text, fields),
    warn: (text, fields) => void logger.warn(text, fields),
    info: (text, fields) => void logger.info(text, fields),
    debug: (text, fields) => void logger.debug(text, fields),
    child: (fields) => wrap(logger.child(fields)),
  };
}

function consoleTransport(style: "text" | "json"): winston.transport {
  const format =
    style === "json"
      ? winston.format.json()
      : winston.format.printf(({ timestamp, level, message, program, ...fields }) => {
          const stack = typeof fields["stack"] === "string" ? `\n${fields["stack"]}` : "";
          delete fields["stack"];
          const rest = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : "";
          return `${String(timestamp)} ${level.padEnd(5)} ${String(program)}: ${String(message)}${rest}${stack}`;
        });
  return new winston.transports.Console({ format, stderrLevels: ["error", "warn", "info", "debug"] });
}

/** Secrets never reach an output, wherever in a record they stand. */
const redactSecrets = winston.format((record) => {
  for (const [name, value] of Object.entries(record)) record[name] = redact(value);
  return record;
});

/** Deeper than this, records are cut off; so are those that contain themselves. */
const MAX_DEPTH = 8;

function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string")
    return value.replace(TOKEN_PATTERN, (token) => `${token.slice(0, 4)}<private>`);
  if (depth > MAX_DEPTH && typeof value === "object" && value !== null) return "(left out)";
  if (Array.isArray(value)) return value.map((member) => redact(member, depth + 1));
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, redact(member, depth + 1)]),
    );
  }
  return value;
}
