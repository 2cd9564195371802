/** The arguments of one start of the game, after checking (facts §2). */
export interface GameOptions {
  mode: GameMode;
  config?: string;
  modDirectory?: string;
  executablePath?: string;
  logRotation: boolean;
  verbose: boolean;
  port: number;
  bindAddress: string;
  rconBind?: { address: string; port: number };
  rconPassword?: string;
  serverSettings?: string;
  adminList?: string;
  banList?: string;
  whitelist?: string;
  serverId?: string;
  consoleLog?: string;
  useWhitelist: boolean;
  luaUdpPort?: number;
  untilTick?: number;
  mapGenSeed?: number;
}

export type GameMode =
  | { kind: "version" }
  | { kind: "help" }
  | { kind: "create"; file: string }
  | { kind: "start"; save: string }
  | { kind: "start-latest" }
  | { kind: "start-scenario"; scenario: string }
  | { kind: "none" };

export class ArgumentError extends Error {}

const WITH_VALUE = new Set([
  "config",
  "mod-directory",
  "executable-path",
  "create",
  "start-server",
  "start-server-load-scenario",
  "port",
  "bind",
  "rcon-port",
  "rcon-bind",
  "rcon-password",
  "server-settings",
  "server-adminlist",
  "server-banlist",
  "server-whitelist",
  "server-id",
  "console-log",
  "enable-lua-udp",
  "until-tick",
  "map-gen-settings",
  "map-settings",
  "map-gen-seed",
  "preset",
]);
const OPTIONAL_BOOL = new Set(["use-server-whitelist", "use-authserver-bans"]);
const FLAGS = new Set([
  "help",
  "version",
  "verbose",
  "no-log-rotation",
  "start-server-load-latest",
  "disable-audio",
  "check-unused-prototype-data",
]);
const SHORT: Readonly<Record<string, string>> = { h: "help", v: "verbose", c: "config" };

/** Splits `--opt value` and `--opt=value`; throws `ArgumentError` on what the simulator does not know. */
export function parseGameArguments(args: readonly string[]): GameOptions {
  const values = collect(args);
  const options: GameOptions = {
    mode: modeOf(values),
    logRotation: !values.has("no-log-rotation"),
    verbose: values.has("verbose"),
    port: 34197,
    bindAddress: "0.0.0.0",
    useWhitelist: booleanOf(values.get("use-server-whitelist")),
  };
  setText(options, values);
  setNetwork(options, values);
  return options;
}

function collect(args: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    const match = /^(?:--([a-z0-9-]+)(?:=(.*))?|-([a-z]))$/s.exec(argument);
    const name = match?.[1] ?? SHORT[match?.[3] ?? ""];
    if (!name) throw new ArgumentError(`Unknown argument: ${argument}`);
    if (FLAGS.has(name)) values.set(name, match?.[2] ?? "true");
    else if (OPTIONAL_BOOL.has(name)) {
      const next = args[index + 1];
      const taken = match?.[2] ?? (next === "true" || next === "false" ? args[++index] : undefined);
      values.set(name, taken ?? "true");
    } else if (WITH_VALUE.has(name)) {
      const value = match?.[2] ?? args[++index];
      if (value === undefined) throw new ArgumentError(`Missing value for argument: --${name}`);
      values.set(name, value);
    } else throw new ArgumentError(`Unknown argument: --${name}`);
  }
  return values;
}

function modeOf(values: Map<string, string>): GameMode {
  if (values.has("help")) return { kind: "help" };
  if (values.has("version")) return { kind: "version" };
  const create = values.get("create");
  if (create !== undefined) return { kind: "create", file: create };
  const save = values.get("start-server");
  if (save !== undefined) return { kind: "start", save };
  const scenario = values.get("start-server-load-scenario");
  if (scenario !== undefined) return { kind: "start-scenario", scenario };
  if (values.has("start-server-load-latest")) return { kind: "start-latest" };
  return { kind: "none" };
}

const TEXT_OPTIONS = [
  ["config", "config"],
  ["mod-directory", "modDirectory"],
  ["executable-path", "executablePath"],
  ["rcon-password", "rconPassword"],
  ["server-settings", "serverSettings"],
  ["server-adminlist", "adminList"],
  ["server-banlist", "banList"],
  ["server-whitelist", "whitelist"],
  ["server-id", "serverId"],
  ["console-log", "consoleLog"],
] as const;

function setText(options: GameOptions, values: Map<string, string>): void {
  for (const [name, key] of TEXT_OPTIONS) {
    const value = values.get(name);
    if (value !== undefined) options[key] = value;
  }
}

function setNetwork(options: GameOptions, values: Map<string, string>): void {
  const bind = values.get("bind");
  if (bind !== undefined) {
    const { address, port } = splitAddress(bind);
    options.bindAddress = address;
    if (port !== undefined) options.port = port;
  }
  const port = values.get("port");
  if (port !== undefined) options.port = portOf(port, "--port");
  const rconBind = values.get("rcon-bind");
  const rconPort = values.get("rcon-port");
  if (rconBind !== undefined) {
    const { address, port: bound } = splitAddress(rconBind);
    options.rconBind = { address, port: bound ?? 27015 };
  } else if (rconPort !== undefined)
    options.rconBind = { address: "0.0.0.0", port: portOf(rconPort, "--rcon-port") };
  const udp = values.get("enable-lua-udp");
  if (udp !== undefined) options.luaUdpPort = portOf(udp, "--enable-lua-udp");
  const until = values.get("until-tick");
  if (until !== undefined) options.untilTick = Number(until);
  const seed = values.get("map-gen-seed");
  if (seed !== undefined) options.mapGenSeed = Number(seed);
}

/** `1.2.3.4:5`, `[::1]:5`, or an address alone. */
function splitAddress(text: string): { address: string; port: number | undefined } {
  const match = /^\[(.+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+)(?::(\d+))?$/.exec(text);
  if (!match?.[1]) return { address: text, port: undefined };
  return { address: match[1], port: match[2] === undefined ? undefined : portOf(match[2], "address") };
}

function portOf(text: string, name: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new ArgumentError(`Invalid port for ${name}: ${text}`);
  return port;
}

function booleanOf(text: string | undefined): boolean {
  return text !== undefined && text !== "false";
}
