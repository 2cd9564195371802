import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { deflateSync, inflateSync } from "node:zlib";
import { compareGameVersions, parseGameVersion } from "../game-version.js";
import { renderLocalised } from "../script/localised-string.js";
import type { LuaValue } from "../lua/types.js";
import type { Api } from "./api.js";
import type { ApiClass, Method, Singleton } from "./api-class.js";
import { bytesOf, type Arguments } from "./arguments.js";

const MAX_DECODED_BYTES = 256 * 1024 * 1024;

/** `helpers` of 2.0; in 1.1 the same functions live on `game`. */
export function dataMethods<T>(): Record<string, Method<T>> {
  return {
    table_to_json: (_, args, api) => api.vm.tableToJson(args.table(0, "data")),
    json_to_table: (_, args, api) => api.vm.jsonToTable(args.string(0, "json")),
    encode_string: (_, args) => deflateSync(requireBytes(args, "string")).toString("base64"),
    decode_string: (_, args) => decode(args.string(0, "string")),
    write_file: (_, args, api) => writeFile(args, api),
    remove_path: (_, args, api) =>
      rmSync(outputPath(args.string(0, "path"), api), { recursive: true, force: true }),
  };
}

export const LUA_HELPERS: ApiClass<Singleton> = {
  name: "LuaHelpers",
  attributes: {
    game_version: { read: (_, api) => api.game.personality.versionText },
  },
  methods: {
    ...dataMethods<Singleton>(),
    compare_versions: (_, args) => {
      const [first, second] = [
        parseGameVersion(args.string(0, "first")),
        parseGameVersion(args.string(1, "second")),
      ];
      if (!first || !second) throw new Error("Invalid version string.");
      return Math.sign(compareGameVersions(first, second));
    },
    direction_to_string: (_, args) => `direction-${args.number(0, "direction")}`,
    is_valid_sound_path: () => false,
    is_valid_sprite_path: () => false,
    send_udp: (_, args, api) => sendUdp(args, api),
    recv_udp: (_, args, api) => receiveUdp(args, api),
  },
  notSimulated: ["evaluate_expression", "parse_map_exchange_string", "create_profiler"],
  describe: () => "helpers",
  restore: () => undefined,
};

function requireBytes(args: Arguments, name: string): Buffer {
  const bytes = bytesOf(args.required(0, name));
  if (!bytes) throw args.wrongType(0, "string");
  return bytes;
}

function decode(text: string): LuaValue {
  try {
    return new Uint8Array(inflateSync(Buffer.from(text, "base64"), { maxOutputLength: MAX_DECODED_BYTES }));
  } catch {
    return undefined;
  }
}

/** `write_file(name, data, append?, for_player?)`; only nil and 0 write on a server. */
function writeFile(args: Arguments, api: Api): void {
  const forPlayer = args.get(3);
  const path = outputPath(args.string(0, "filename"), api);
  const value = args.required(1, "data");
  if (forPlayer !== undefined && forPlayer !== 0) return;
  const bytes = bytesOf(value) ?? Buffer.from(renderLocalised(value), "utf8");
  mkdirSync(dirname(path), { recursive: true });
  if (args.get(2) === true) appendFileSync(path, bytes);
  else writeFileSync(path, bytes);
}

/** Nothing outside of script-output can be named. */
function outputPath(name: string, api: Api): string {
  const root = join(api.game.paths.writeData, "script-output");
  const path = resolve(root, name);
  const inside = relative(root, path);
  if (isAbsolute(name) || inside.startsWith("..") || inside === "" || name.includes("\0")) {
    throw new Error(`Invalid path: ${name}`);
  }
  return path;
}

function sendUdp(args: Arguments, api: Api): void {
  const port = args.number(0, "port");
  const value = args.required(1, "data");
  const forPlayer = args.get(2);
  if (forPlayer !== undefined && forPlayer !== 0) return;
  api.udp.send(port, bytesOf(value) ?? Buffer.from(renderLocalised(value), "utf8"));
}

/** Polling with a datagram waiting aborts a headless 2.0 server; 2.1 raises events (facts-2 §7). */
function receiveUdp(args: Arguments, api: Api): void {
  const forPlayer = args.get(0);
  if (forPlayer !== undefined && forPlayer !== 0) return;
  const datagrams = api.udp.take();
  if (datagrams.length > 0 && !api.game.personality.isAtLeast("2.1.0")) {
    throw new Error("TickClosure.cpp:91: invalid input action");
  }
  for (const datagram of datagrams) {
    api.game.script.current.raise("on_udp_packet_received", {
      player_index: 0,
      source_port: datagram.sourcePort,
      payload: datagram.payload.toString("latin1"),
    });
  }
}
