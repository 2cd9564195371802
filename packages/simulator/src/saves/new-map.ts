import { deflateSync } from "node:zlib";
import type { Personality } from "../server/personality.js";
import { versionBytes } from "../game-version.js";
import { makeEntry, type ZipEntry } from "../zip/zip-entry.js";

/** The scenario script of a fresh freeplay map; its hash tells tools which scenario it is (facts §6.3). */
export function freeplayControl(personality: Personality): string {
  if (personality.isAtLeast("2.0.29")) return "require('__base__/script/freeplay/control.lua')\n";
  const head = ['local handler = require("event_handler")', 'handler.add_lib(require("freeplay"))'];
  if (!personality.isTwo) return [...head, 'handler.add_lib(require("silo-script"))', ""].join("\n");
  return [
    ...head,
    "",
    'if script.active_mods["space-age"] then',
    '  handler.add_lib(require("space-finish-script"))',
    "else",
    '  handler.add_lib(require("silo-script"))',
    "end",
    "",
  ].join("\n");
}

/** The entries of a fresh freeplay map. The level data is a header without a map: the simulator has no terrain. */
export function freshMapEntries(
  personality: Personality,
  mods: Record<string, string>,
): Map<string, ZipEntry> {
  const level = levelHeader(personality, mods);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(level.length));
  const description = { order: "a", "multiplayer-compatible": true, "is-main-game": true };
  const files: [string, Buffer | string][] = [
    ["control.lua", freeplayControl(personality)],
    ["description.json", `${JSON.stringify(description, null, 2)}\n`],
    ["info.json", "null"],
    ["level-init.dat", level],
    ["level.dat0", deflateSync(level)],
    ["level.datmetadata", size],
  ];
  return new Map(files.map(([name, content]) => [name, makeEntry(name, content)]));
}

/** The header of facts §6.2, up to the list of mods. */
function levelHeader(personality: Personality, mods: Record<string, string>): Buffer {
  const { major, minor, patch } = personality.version;
  const flags = [1, 0, 0];
  const rest = [0, 0, 0, 1];
  return Buffer.concat([
    versionBytes(personality.version),
    Buffer.from([0]),
    text(""),
    text("freeplay"),
    text("base"),
    Buffer.from(flags),
    text(""),
    Buffer.from(rest),
    Buffer.concat([optimised(major, 2), optimised(minor, 2), optimised(patch, 2)]),
    uint16(personality.build & 0xffff),
    Buffer.from([0]),
    optimised(Object.keys(mods).length, 4),
    ...Object.entries(mods).map(([name, version]) => modRecord(name, version)),
  ]);
}

function modRecord(name: string, version: string): Buffer {
  const parts = version.split(".").map(Number);
  return Buffer.concat([
    text(name),
    ...[0, 1, 2].map((index) => optimised(parts[index] ?? 0, 2)),
    Buffer.alloc(4),
  ]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([optimised(bytes.length, 4), bytes]);
}

/** One byte, or 0xFF and the full width, little endian. */
function optimised(value: number, width: 2 | 4): Buffer {
  if (value < 0xff) return Buffer.from([value]);
  const bytes = Buffer.alloc(1 + width, 0xff);
  bytes.writeUIntLE(value, 1, width);
  return bytes;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
