import { inflateRawSync, deflateRawSync, crc32 as nativeCrc32 } from "node:zlib";

/** An entry as it lies in a zip file: still compressed, so that unchanged entries are copied byte for byte. */
export interface ZipEntry {
  name: string;
  /** 0 stored, 8 deflated; nothing else is accepted. */
  method: 0 | 8;
  crc32: number;
  sizeBytes: number;
  compressed: Buffer;
}

export function makeEntry(name: string, content: Buffer | string): ZipEntry {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const deflated = bytes.length > 0 ? deflateRawSync(bytes, { level: 6 }) : bytes;
  const smaller = deflated.length < bytes.length;
  return {
    name,
    method: smaller ? 8 : 0,
    crc32: crc32(bytes),
    sizeBytes: bytes.length,
    compressed: smaller ? deflated : bytes,
  };
}

/** Throws when the content does not inflate or has another checksum or length than the directory says. */
export function readEntry(entry: ZipEntry): Buffer {
  const bytes =
    entry.method === 0
      ? entry.compressed
      : inflateRawSync(entry.compressed, { maxOutputLength: Math.max(1, entry.sizeBytes) });
  if (bytes.length !== entry.sizeBytes || crc32(bytes) !== entry.crc32) {
    throw new Error("CRC check failed: The zip is corrupted.");
  }
  return bytes;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** zlib's own from Node 20.15 and 22.2 on; the table is for anything older. */
export function crc32(bytes: Buffer): number {
  if (typeof nativeCrc32 === "function") return nativeCrc32(bytes);
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}
