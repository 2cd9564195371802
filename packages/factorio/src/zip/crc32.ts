import * as zlib from "node:zlib";

/** CRC-32 as zip uses it; `previous` continues an earlier result. */
export type Crc32 = (data: Uint8Array, previous?: number) => number;

/** The same in plain JavaScript, about ten times slower. */
export function tableCrc32(): Crc32 {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    return value;
  });
  return (data, previous = 0) => {
    let crc = ~previous;
    for (const byte of data) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
    return ~crc >>> 0;
  };
}

// zlib.crc32 came with Node 20.15 and 22.2.
const native: unknown = (zlib as { crc32?: unknown }).crc32;

export const crc32: Crc32 = typeof native === "function" ? (native as Crc32) : tableCrc32();
