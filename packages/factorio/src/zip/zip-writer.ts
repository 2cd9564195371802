import type { FileHandle } from "node:fs/promises";
import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import { crc32 } from "./crc32.js";
import type { ZipReader } from "./zip-reader.js";
import * as zip from "./zip-format.js";
import type { ZipEntry } from "./zip-format.js";

const deflate = promisify(deflateRaw);
const COPY_BYTES = 1024 * 1024;
const VERSION_DEFLATE = 20;
const VERSION_ZIP64 = 45;
/** 1980-01-01, the first DOS date: equal content gives equal bytes whenever it is written. */
const FIXED_DATE = 0x0021;

type Described = Omit<ZipEntry, "name">;

/** Writes a zip from front to back into an open, empty file. Uses zip64 fields only where the sizes need them. */
export class ZipWriter {
  readonly #file: FileHandle;
  readonly #written: Described[] = [];
  /** Where the next byte goes. */
  #position = 0;
  /** One is read into while the other is written. */
  readonly #buffers: Buffer[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Copies an entry as it is stored: same bytes, method, CRC, time and attributes. Only the data descriptor is dropped. */
  async copy(reader: ZipReader, entry: ZipEntry): Promise<void> {
    const described: Described = {
      ...entry,
      flags: entry.flags & ~zip.FLAG_DESCRIPTOR,
      localOffset: this.#position,
    };
    const header = localHeader(described);
    let from = await reader.dataOffset(entry);
    let left = entry.compressedBytes;
    for (let ahead = header.length; ahead + left > 0; ahead = 0) {
      const buffer = this.#freeBuffer();
      if (ahead > 0) header.copy(buffer);
      const data = buffer.subarray(ahead, ahead + left);
      await reader.fill(data, from);
      from += data.length;
      left -= data.length;
      await this.#write(buffer.subarray(0, ahead + data.length));
    }
    this.#written.push(described);
  }

  /** Adds a file with fixed time and attributes, deflated where that makes it smaller. */
  async add(name: string, content: Buffer): Promise<void> {
    const deflated = content.length < 32 ? content : await deflate(content, { level: 6 });
    const stored = deflated.length < content.length ? deflated : content;
    const described: Described = {
      rawName: Buffer.from(name, "utf8"),
      flags: zip.FLAG_UTF8,
      method: stored === content ? zip.STORED : zip.DEFLATED,
      time: 0,
      date: FIXED_DATE,
      crc: crc32(content),
      compressedBytes: stored.length,
      bytes: content.length,
      localOffset: this.#position,
      madeBy: VERSION_DEFLATE,
      internalAttributes: 0,
      externalAttributes: 0,
      extra: Buffer.alloc(0),
      comment: Buffer.alloc(0),
    };
    await this.#write(Buffer.concat([localHeader(described), stored]));
    this.#written.push(described);
  }

  /** Writes the directory; the writer is done then. */
  async finish(): Promise<void> {
    const start = this.#position;
    for (const entry of this.#written) await this.#write(centralHeader(entry));
    await this.#write(endRecords(this.#written.length, this.#position - start, start));
    await this.#writing;
  }

  /** The one that is not being written: each write waits for the one before. Larger than any header. */
  #freeBuffer(): Buffer {
    if (this.#buffers.length < 2) this.#buffers.push(Buffer.allocUnsafe(COPY_BYTES));
    else this.#buffers.reverse();
    return this.#buffers[this.#buffers.length - 1] as Buffer;
  }

  /** Resolves when the write before is done and this one is under way; an error comes with the next call. */
  async #write(bytes: Buffer): Promise<void> {
    await this.#writing;
    const position = this.#position;
    this.#position += bytes.length;
    this.#writing = writeWhole(this.#file, bytes, position);
    this.#writing.catch(() => undefined); // until somebody awaits it
  }
}

async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

function zip64Field(values: readonly number[]): Buffer {
  if (values.length === 0) return Buffer.alloc(0);
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(zip.ZIP64_EXTRA, 0);
  field.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, index) => field.writeBigUInt64LE(BigInt(value), 4 + 8 * index));
  return field;
}

function needsZip64(entry: Described): boolean {
  return entry.bytes >= zip.MAX_32 || entry.compressedBytes >= zip.MAX_32;
}

function localHeader(entry: Described): Buffer {
  const large = needsZip64(entry); // a local header must then hold both sizes
  const extra = Buffer.concat([
    large ? zip64Field([entry.bytes, entry.compressedBytes]) : Buffer.alloc(0),
    entry.extra,
  ]);
  const header = Buffer.alloc(zip.LOCAL_HEADER_BYTES);
  header.writeUInt32LE(zip.LOCAL_HEADER, 0);
  header.writeUInt16LE(large ? VERSION_ZIP64 : VERSION_DEFLATE, 4);
  writeShared(header, 6, entry, {
    compressed: large ? zip.MAX_32 : entry.compressedBytes,
    bytes: large ? zip.MAX_32 : entry.bytes,
  });
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, entry.rawName, extra]);
}

function centralHeader(entry: Described): Buffer {
  const full = [entry.bytes, entry.compressedBytes, entry.localOffset].filter((value) => value >= zip.MAX_32);
  const extra = Buffer.concat([zip64Field(full), entry.extra]);
  const header = Buffer.alloc(zip.CENTRAL_HEADER_BYTES);
  header.writeUInt32LE(zip.CENTRAL_HEADER, 0);
  header.writeUInt16LE(entry.madeBy, 4);
  header.writeUInt16LE(full.length > 0 ? VERSION_ZIP64 : VERSION_DEFLATE, 6);
  writeShared(header, 8, entry, {
    compressed: Math.min(entry.compressedBytes, zip.MAX_32),
    bytes: Math.min(entry.bytes, zip.MAX_32),
  });
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt16LE(entry.comment.length, 32);
  header.writeUInt16LE(entry.internalAttributes, 36);
  header.writeUInt32LE(entry.externalAttributes, 38);
  header.writeUInt32LE(Math.min(entry.localOffset, zip.MAX_32), 42);
  return Buffer.concat([header, entry.rawName, extra, entry.comment]);
}

/** The eleven fields from the flags to the name's length, which both headers hold in the same order. */
function writeShared(
  header: Buffer,
  at: number,
  entry: Described,
  sizes: { compressed: number; bytes: number },
): void {
  header.writeUInt16LE(entry.flags, at);
  header.writeUInt16LE(entry.method, at + 2);
  header.writeUInt16LE(entry.time, at + 4);
  header.writeUInt16LE(entry.date, at + 6);
  header.writeUInt32LE(entry.crc, at + 8);
  header.writeUInt32LE(sizes.compressed, at + 12);
  header.writeUInt32LE(sizes.bytes, at + 16);
  header.writeUInt16LE(entry.rawName.length, at + 20);
}

function endRecords(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(zip.END_RECORD_BYTES);
  end.writeUInt32LE(zip.END_RECORD, 0);
  end.writeUInt16LE(Math.min(count, zip.MAX_16), 8);
  end.writeUInt16LE(Math.min(count, zip.MAX_16), 10);
  end.writeUInt32LE(Math.min(bytes, zip.MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, zip.MAX_32), 16);
  if (count < zip.MAX_16 && bytes < zip.MAX_32 && offset < zip.MAX_32) return end;
  const record = Buffer.alloc(zip.ZIP64_END_RECORD_BYTES);
  record.writeUInt32LE(zip.ZIP64_END_RECORD, 0);
  record.writeBigUInt64LE(BigInt(zip.ZIP64_END_RECORD_BYTES - 12), 4);
  record.writeUInt16LE(VERSION_ZIP64, 12);
  record.writeUInt16LE(VERSION_ZIP64, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(bytes), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(zip.ZIP64_LOCATOR_BYTES);
  locator.writeUInt32LE(zip.ZIP64_LOCATOR, 0);
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, end]);
}
