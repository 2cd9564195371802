import { SimulatorError } from "../errors.js";
import type { ZipEntry } from "./zip-entry.js";

const END_SIGNATURE = 0x06054b50;
const DIRECTORY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_LENGTH = 22;
const MAX_COMMENT = 0xffff;

/**
 * Reads the central directory (Factorio writes data descriptors, so local headers hold no sizes) and slices
 * the compressed bytes out. Zip64 and encrypted files are refused: the game writes neither.
 */
export function readZip(file: Buffer): ZipEntry[] {
  const end = findEnd(file);
  const count = file.readUInt16LE(end + 10);
  let at = file.readUInt32LE(end + 16);
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (at + 46 > file.length || file.readUInt32LE(at) !== DIRECTORY_SIGNATURE)
      throw invalid("torn directory");
    const nameLength = file.readUInt16LE(at + 28);
    const name = file.toString("utf8", at + 46, at + 46 + nameLength);
    if (!name.endsWith("/")) entries.push(readDirectoryEntry(file, at, name));
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return entries;
}

function readDirectoryEntry(file: Buffer, at: number, name: string): ZipEntry {
  const method = file.readUInt16LE(at + 10);
  if (method !== 0 && method !== 8) throw invalid(`entry ${name} uses compression method ${method}`);
  if (file.readUInt16LE(at + 8) & 1) throw invalid(`entry ${name} is encrypted`);
  const compressedBytes = file.readUInt32LE(at + 20);
  const local = file.readUInt32LE(at + 42);
  if (local + 30 > file.length || file.readUInt32LE(local) !== LOCAL_SIGNATURE)
    throw invalid(`entry ${name} is torn`);
  const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
  if (start + compressedBytes > file.length) throw invalid(`entry ${name} is torn`);
  return {
    name,
    method,
    crc32: file.readUInt32LE(at + 16),
    sizeBytes: file.readUInt32LE(at + 24),
    compressed: file.subarray(start, start + compressedBytes),
  };
}

function findEnd(file: Buffer): number {
  const lowest = Math.max(0, file.length - END_LENGTH - MAX_COMMENT);
  for (let at = file.length - END_LENGTH; at >= lowest; at--) {
    if (file.readUInt32LE(at) === END_SIGNATURE) return at;
  }
  throw invalid("no end of directory");
}

function invalid(detail: string): SimulatorError {
  return new SimulatorError("zip-invalid", `Bad zip file: ${detail}`);
}
