import { FactorioError } from "../errors.js";
import * as zip from "./zip-format.js";
import type { ZipEntry, ZipLimits } from "./zip-format.js";

const UNIX = 3;
const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;
/** Deflate cannot do better; an entry that claims to is lying. */
const MAX_RATIO = 1032;
/** Saves are little compressed by the zip (maps are zlib streams already), so a large one that shrinks so much is a bomb. */
const BOMB_BYTES = 1024 ** 3;
const BOMB_RATIO = 100;

export function torn(path: string, what: string): FactorioError {
  return new FactorioError(
    "save-torn",
    `${path} is damaged (${what}). Use a backup or an autosave instead.`,
    { detail: { path, what } },
  );
}

function unsafe(path: string, name: string, why: string): FactorioError {
  const shown = JSON.stringify(name.slice(0, 200));
  return new FactorioError(
    "save-unsafe-entry",
    `${path} holds the entry ${shown}, which ${why}. Do not use this file.`,
    {
      detail: { path, entry: name },
    },
  );
}

/** Parses and checks the whole directory. `dataEnd` is where the entries' data must have ended: the start of the directory. */
export function parseCentralDirectory(
  bytes: Buffer,
  options: { path: string; count: number; dataEnd: number; limits: ZipLimits },
): ZipEntry[] {
  const { path, count, limits, dataEnd } = options;
  if (count * zip.CENTRAL_HEADER_BYTES > bytes.length) throw torn(path, "its directory is too short");
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  let total = 0;
  let stored = 0;
  while (entries.length < count) {
    const { entry, next } = parseEntry(bytes, at, path);
    at = next;
    checkEntry(entry, path);
    if (names.has(entry.name)) throw unsafe(path, entry.name, "occurs twice");
    names.add(entry.name);
    total += entry.bytes;
    stored += entry.compressedBytes;
    if (total > limits.maxUncompressedBytes)
      throw tooLarge(path, `more than ${limits.maxUncompressedBytes} bytes`);
    entries.push(entry);
  }
  if (total > BOMB_BYTES && total > BOMB_RATIO * stored)
    throw tooLarge(path, `${total} bytes, far more than a save would`);
  checkRanges(entries, path, dataEnd);
  return entries;
}

function tooLarge(path: string, what: string): FactorioError {
  return new FactorioError(
    "save-too-large",
    `${path} would unpack to ${what}. It is refused; use another save.`,
    { detail: { path } },
  );
}

function parseEntry(bytes: Buffer, at: number, path: string): { entry: ZipEntry; next: number } {
  if (at + zip.CENTRAL_HEADER_BYTES > bytes.length) throw torn(path, "its directory ends early");
  if (bytes.readUInt32LE(at) !== zip.CENTRAL_HEADER) throw torn(path, "its directory is garbled");
  const nameEnd = at + zip.CENTRAL_HEADER_BYTES + bytes.readUInt16LE(at + 28);
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
  const next = extraEnd + bytes.readUInt16LE(at + 32);
  if (next > bytes.length) throw torn(path, "its directory ends early");
  const flags = bytes.readUInt16LE(at + 8);
  const rawName = Buffer.from(bytes.subarray(at + zip.CENTRAL_HEADER_BYTES, nameEnd));
  const entry: ZipEntry = {
    name: rawName.toString(isUtf8(rawName, flags) ? "utf8" : "latin1"),
    rawName,
    flags,
    madeBy: bytes.readUInt16LE(at + 4),
    method: bytes.readUInt16LE(at + 10),
    time: bytes.readUInt16LE(at + 12),
    date: bytes.readUInt16LE(at + 14),
    crc: bytes.readUInt32LE(at + 16),
    compressedBytes: bytes.readUInt32LE(at + 20),
    bytes: bytes.readUInt32LE(at + 24),
    internalAttributes: bytes.readUInt16LE(at + 36),
    externalAttributes: bytes.readUInt32LE(at + 38),
    localOffset: bytes.readUInt32LE(at + 42),
    extra: Buffer.alloc(0),
    comment: Buffer.from(bytes.subarray(extraEnd, next)),
  };
  applyExtra(entry, bytes.subarray(nameEnd, extraEnd), path);
  return { entry, next };
}

function isUtf8(name: Buffer, flags: number): boolean {
  if (flags & zip.FLAG_UTF8) return true;
  return Buffer.from(name.toString("utf8"), "utf8").equals(name); // some tools write UTF-8 without saying so
}

/** Takes the zip64 sizes, which stand in a fixed order and only where the 32-bit field is full, and keeps every other field. */
function applyExtra(entry: ZipEntry, extra: Buffer, path: string): void {
  const kept: Buffer[] = [];
  let at = 0;
  while (at + 4 <= extra.length) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) break;
    if (extra.readUInt16LE(at) === zip.ZIP64_EXTRA) applyZip64(entry, extra.subarray(at + 4, end), path);
    else kept.push(extra.subarray(at, end));
    at = end;
  }
  entry.extra = Buffer.concat(kept);
}

function applyZip64(entry: ZipEntry, field: Buffer, path: string): void {
  let at = 0;
  const take = (): number => {
    if (at + 8 > field.length) throw torn(path, "its large-file sizes are missing");
    const value = field.readBigUInt64LE(at);
    at += 8;
    return safeNumber(value, path);
  };
  if (entry.bytes === zip.MAX_32) entry.bytes = take();
  if (entry.compressedBytes === zip.MAX_32) entry.compressedBytes = take();
  if (entry.localOffset === zip.MAX_32) entry.localOffset = take();
}

export function safeNumber(value: bigint, path: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw torn(path, "it names impossible sizes");
  return Number(value);
}

function checkEntry(entry: ZipEntry, path: string): void {
  const { name } = entry;
  if (name === "" || /[\u0000-\u001f\u007f]/.test(name))
    throw unsafe(path, name, "has control characters in its name");
  if (name.includes("\\")) throw unsafe(path, name, "has a backslash in its name");
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) throw unsafe(path, name, "has an absolute path");
  const segments = name.replace(/\/$/, "").split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    throw unsafe(path, name, "points outside its folder");
  }
  const mode = entry.externalAttributes >>> 16;
  if (entry.madeBy >>> 8 === UNIX && (mode & S_IFMT) === S_IFLNK)
    throw unsafe(path, name, "is a symbolic link");
  if (entry.flags & zip.FLAG_ENCRYPTED) throw unsafe(path, name, "is encrypted");
  if (entry.bytes > MAX_RATIO * (entry.compressedBytes + 1))
    throw torn(path, `sizes of ${name} do not agree`);
  if (entry.method === zip.STORED && entry.bytes !== entry.compressedBytes)
    throw torn(path, `sizes of ${name} do not agree`);
}

/** Data must lie before the directory and not overlap: overlapping entries are how a small file unpacks to a huge one. */
function checkRanges(entries: readonly ZipEntry[], path: string, dataEnd: number): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.localOffset - b.localOffset)) {
    if (entry.localOffset < end) throw torn(path, `${entry.name} overlaps another entry`);
    end = entry.localOffset + zip.LOCAL_HEADER_BYTES + entry.rawName.length + entry.compressedBytes;
    if (end > dataEnd) throw torn(path, `${entry.name} is cut off`);
  }
}
