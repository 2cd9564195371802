import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import { Type, type Static } from "typebox";
import { AppError, DisplayName } from "@switchyard/protocol";
import { explainSystemError, readConfig } from "@switchyard/node-kit";

/** The settings of one host. Paths may be relative to the folder the program runs in. */
export const HostConfig = Type.Object({
  dataDirectory: Type.String({
    minLength: 1,
    default: "switchyard-host",
    description: "Instances, logs and the host's store",
  }),
  name: Type.Unsafe<string>({ ...DisplayName, default: "host", description: "The name people see" }),
  controllerUrl: Type.String({
    pattern: "^https?://",
    default: "http://127.0.0.1:8480",
    description: "Where the controller serves",
  }),
  token: Type.String({ default: "", description: "From: switchyardctl host create-token" }),
  factorioDirectories: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description: "Folders that are, or that hold, unpacked Factorio servers",
  }),
  publicAddress: Type.String({
    minLength: 1,
    default: "localhost",
    description: "The address players connect to",
  }),
  gamePortRange: Type.String({
    pattern: "^\\d{1,5}-\\d{1,5}$",
    default: "34200-34999",
    description: "UDP ports for instances without a fixed one",
  }),
  gameBindAddress: Type.String({
    default: "",
    description: "The address games listen on; empty: every address",
  }),
  enableScriptCommands: Type.Boolean({
    default: true,
    description: "Whether people may send /c, /sc, /mc, /cheat and /editor through the cluster",
  }),
  journalDirectory: Type.String({
    default: "",
    description:
      "Where servers write their output until it is handled, a tmpfs for example; empty: with each instance (Linux only)",
  }),
  logLevel: Type.Union(
    [Type.Literal("error"), Type.Literal("warn"), Type.Literal("info"), Type.Literal("debug")],
    { default: "info" },
  ),
  plugins: Type.Array(Type.String({ minLength: 1 }), { default: [], description: "Folders of plugins" }),
  luaModules: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description: "Folders of Lua modules for every save, switchyard_core first",
  }),
});
export type HostConfig = Static<typeof HostConfig>;

export interface ReadHostConfigOptions {
  file?: string;
  variables: NodeJS.ProcessEnv;
  overrides: Readonly<Record<string, unknown>>;
}

/** File, then SWITCHYARD_HOST_* variables, then flags. The file keeps a token, so it is closed to other users. */
export async function readHostConfig(options: ReadHostConfigOptions): Promise<HostConfig> {
  const config = await readConfig(HostConfig, {
    ...(options.file === undefined ? {} : { file: options.file }),
    environment: { prefix: "SWITCHYARD_HOST", variables: options.variables },
    overrides: options.overrides,
  });
  if (options.file !== undefined) await closeToOthers(options.file);
  return config;
}

/** Both ends belong to the range. */
export function parsePortRange(text: string): { first: number; last: number } {
  const [first = 0, last = 0] = text.split("-").map(Number);
  if (first < 1 || last > 65_535 || first > last) {
    throw new AppError("config-invalid", {
      field: "gamePortRange",
      reason: `${text} is not a range of ports like 34200-34999`,
    });
  }
  return { first, last };
}

export interface HostPaths {
  lock: string;
  store: string;
  instances: string;
  deleted: string;
  logs: string;
}

export function hostPaths(dataDirectory: string): HostPaths {
  return {
    lock: join(dataDirectory, "host.lock"),
    store: join(dataDirectory, "host.db"),
    instances: join(dataDirectory, "instances"),
    deleted: join(dataDirectory, "deleted"),
    logs: join(dataDirectory, "logs"),
  };
}

/** Why the data directory cannot be used, as a sentence. */
export function explainDataDirectoryError(error: unknown, dataDirectory: string): AppError {
  // The log's folder is made first, and its error was put into words already.
  const system = error instanceof AppError ? error.cause : error;
  const code = (system as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOTDIR" || code === "EEXIST") {
    return new AppError(
      "config-invalid",
      { field: "dataDirectory", reason: `a part of ${dataDirectory} is a file, not a folder` },
      { cause: error },
    );
  }
  return explainSystemError(error, { path: dataDirectory });
}

async function closeToOthers(file: string): Promise<void> {
  if (process.platform === "win32") return;
  const stats = await stat(file).catch(() => undefined); // a missing file holds no token
  if (stats && (stats.mode & 0o077) !== 0) await chmod(file, 0o600);
}
