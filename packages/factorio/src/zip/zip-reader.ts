import { open, type FileHandle } from "node:fs/promises";
import { createInflateRaw, type InflateRaw } from "node:zlib";
import { FactorioError, fileError, systemErrorCode } from "../errors.js";
import { parseCentralDirectory, safeNumber, torn } from "./central-directory.js";
import { crc32 } from "./crc32.js";
import * as zip from "./zip-format.js";
import type { ZipEntry, ZipLimits } from "./zip-format.js";

const MAX_DIRECTORY_BYTES = 256 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

interface EndOfDirectory {
  count: number;
  offset: number;
  bytes: number;
}

/**
 * A zip file opened for reading. Opening reads and checks the directory only; entry data is read piece by piece, so memory does
 * not grow with the file. Refuses with save-not-found, save-not-a-zip, save-torn, save-unsafe-entry, save-too-large.
 */
export class ZipReader {
  readonly #byName: Map<string, ZipEntry>;

  private constructor(
    readonly path: string,
    readonly sizeBytes: number,
    readonly entries: readonly ZipEntry[],
    readonly file: FileHandle,
  ) {
    this.#byName = new Map(entries.map((entry) => [entry.name, entry]));
  }

  static async open(path: string, limits: ZipLimits = zip.DEFAULT_ZIP_LIMITS): Promise<ZipReader> {
    const file = await openFile(path);
    try {
      const stats = await file.stat();
      if (!stats.isFile())
        throw new FactorioError("save-not-a-zip", `${path} is not a file. Name a .zip save.`, {
          detail: { path },
        });
      const entries = await readDirectory(file, { path, size: stats.size, limits });
      return new ZipReader(path, stats.size, entries, file);
    } catch (error) {
      await file.close();
      throw fileError(error, "read", path);
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  entry(name: string): ZipEntry | undefined {
    return this.#byName.get(name);
  }

  /** Where the entry's stored bytes begin; checks that the local header is the one the directory speaks of. */
  async dataOffset(entry: ZipEntry): Promise<number> {
    const bytes = zip.LOCAL_HEADER_BYTES + entry.rawName.length;
    const header = await readExactly(this.file, entry.localOffset, bytes, this.path);
    if (header.readUInt32LE(0) !== zip.LOCAL_HEADER)
      throw torn(this.path, `${entry.name} is not where it should be`);
    const offset = entry.localOffset + bytes + header.readUInt16LE(28);
    if (offset + entry.compressedBytes > this.sizeBytes) throw torn(this.path, `${entry.name} is cut off`);
    const name = header.subarray(zip.LOCAL_HEADER_BYTES);
    if (header.readUInt16LE(26) !== name.length || !name.equals(entry.rawName))
      throw torn(this.path, `${entry.name} has two names`);
    return offset;
  }

  /** The stored (still compressed) bytes, in pieces of at most 1 MiB. A piece is valid until the next one is asked for. */
  async *raw(entry: ZipEntry): AsyncGenerator<Buffer> {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(1, entry.compressedBytes)));
    let at = await this.dataOffset(entry);
    let left = entry.compressedBytes;
    while (left > 0) {
      const { bytesRead } = await this.file.read(buffer, 0, Math.min(buffer.length, left), at);
      if (bytesRead === 0) throw torn(this.path, `${entry.name} is cut off`);
      at += bytesRead;
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** Fills the buffer with what stands in the file from there on. */
  async fill(buffer: Buffer, position: number): Promise<void> {
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await this.file.read(buffer, filled, buffer.length - filled, position + filled);
      if (bytesRead === 0) throw torn(this.path, "it ends early");
      filled += bytesRead;
    }
  }

  /** The whole content, length and CRC checked. Refuses entries of more than maxBytes. */
  async read(entry: ZipEntry, maxBytes: number): Promise<Buffer> {
    if (entry.bytes > maxBytes) {
      throw new FactorioError(
        "save-too-large",
        `${entry.name} in ${this.path} has ${entry.bytes} bytes, more than the ${maxBytes} allowed.`,
        {
          detail: { path: this.path, entry: entry.name },
        },
      );
    }
    const content = await this.#inflate(entry, entry.bytes);
    if (content.length !== entry.bytes || crc32(content) !== entry.crc)
      throw torn(this.path, `the checksum of ${entry.name} is wrong`);
    return content;
  }

  /** The first bytes of the content, fewer when it is shorter; not checked against the CRC. */
  readStart(entry: ZipEntry, bytes: number): Promise<Buffer> {
    return this.#inflate(entry, Math.min(bytes, entry.bytes), true);
  }

  async #inflate(entry: ZipEntry, limit: number, startOnly = false): Promise<Buffer> {
    if (entry.method !== zip.STORED && entry.method !== zip.DEFLATED) {
      throw torn(
        this.path,
        `${entry.name} is packed by a method this program does not know (${entry.method})`,
      );
    }
    const content = entry.method === zip.STORED ? this.raw(entry) : this.#deflated(entry);
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of content) {
      length += part.length;
      if (length > limit && !startOnly) throw torn(this.path, `${entry.name} is longer than it says`);
      parts.push(Buffer.from(part));
      if (startOnly && length >= limit) break;
    }
    return Buffer.concat(parts).subarray(0, limit);
  }

  async *#deflated(entry: ZipEntry): AsyncGenerator<Buffer> {
    const inflate = createInflateRaw();
    const feed = (async () => {
      for await (const chunk of this.raw(entry)) {
        if (inflate.destroyed) return;
        if (!inflate.write(Buffer.from(chunk))) await settled(inflate);
      }
      if (!inflate.destroyed) inflate.end();
    })();
    // The error reaches the reader through the stream; the promise itself is awaited in the end.
    const fed = feed.catch(
      (error: unknown) => void inflate.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    try {
      for await (const part of inflate) yield part as Buffer;
    } catch (error) {
      if (error instanceof FactorioError) throw error;
      throw torn(this.path, `${entry.name} cannot be unpacked`);
    } finally {
      inflate.destroy();
      await fed;
    }
  }
}

function settled(stream: InflateRaw): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
    if (stream.destroyed) done();
  });
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw fileError(error, "open", path);
    throw new FactorioError("save-not-found", `There is no save at ${path}. Check the name.`, {
      cause: error,
      detail: { path },
    });
  }
}

async function readExactly(file: FileHandle, at: number, bytes: number, path: string): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await file.read(buffer, filled, bytes - filled, at + filled);
    if (bytesRead === 0) throw torn(path, "it ends early");
    filled += bytesRead;
  }
  return buffer;
}

async function readDirectory(
  file: FileHandle,
  options: { path: string; size: number; limits: ZipLimits },
): Promise<ZipEntry[]> {
  const { path, size, limits } = options;
  const tail = await readExactly(
    file,
    Math.max(0, size - zip.END_RECORD_BYTES - zip.MAX_16),
    Math.min(size, zip.END_RECORD_BYTES + zip.MAX_16),
    path,
  );
  const endAt = findEndRecord(tail);
  if (endAt === -1) throw await notAZip(file, path, size);
  const end = await zip64End(file, readEndRecord(tail, endAt), { path, endAt: size - tail.length + endAt });
  if (end.count > limits.maxEntries) {
    throw new FactorioError(
      "save-too-large",
      `${path} has ${end.count} entries, more than the ${limits.maxEntries} allowed.`,
      { detail: { path } },
    );
  }
  if (end.bytes > MAX_DIRECTORY_BYTES || end.offset + end.bytes > size)
    throw torn(path, "its directory is cut off");
  const bytes = await readExactly(file, end.offset, end.bytes, path);
  return parseCentralDirectory(bytes, { path, count: end.count, dataEnd: end.offset, limits });
}

/** The last record whose comment reaches exactly the end of the file: an entry's data may hold the signature too. */
function findEndRecord(tail: Buffer): number {
  for (let at = tail.length - zip.END_RECORD_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== zip.END_RECORD) continue;
    if (at + zip.END_RECORD_BYTES + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return -1;
}

function readEndRecord(tail: Buffer, at: number): EndOfDirectory {
  return {
    count: tail.readUInt16LE(at + 10),
    bytes: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
}

async function zip64End(
  file: FileHandle,
  end: EndOfDirectory,
  where: { path: string; endAt: number },
): Promise<EndOfDirectory> {
  const { path, endAt } = where;
  const full = end.count === zip.MAX_16 || end.bytes === zip.MAX_32 || end.offset === zip.MAX_32;
  const locatorAt = endAt - zip.ZIP64_LOCATOR_BYTES;
  if (!full || locatorAt < 0) return end;
  const locator = await readExactly(file, locatorAt, zip.ZIP64_LOCATOR_BYTES, path);
  if (locator.readUInt32LE(0) !== zip.ZIP64_LOCATOR) return end; // exactly 65535 entries, without zip64
  const recordAt = safeNumber(locator.readBigUInt64LE(8), path);
  if (recordAt + zip.ZIP64_END_RECORD_BYTES > locatorAt)
    throw torn(path, "its large-file directory is cut off");
  const record = await readExactly(file, recordAt, zip.ZIP64_END_RECORD_BYTES, path);
  if (record.readUInt32LE(0) !== zip.ZIP64_END_RECORD)
    throw torn(path, "its large-file directory is garbled");
  return {
    count: safeNumber(record.readBigUInt64LE(32), path),
    bytes: safeNumber(record.readBigUInt64LE(40), path),
    offset: safeNumber(record.readBigUInt64LE(48), path),
  };
}

async function notAZip(file: FileHandle, path: string, size: number): Promise<FactorioError> {
  const start = await readExactly(file, 0, Math.min(4, size), path);
  if (start.length === 4 && start.readUInt32LE(0) === zip.LOCAL_HEADER)
    return torn(path, "its end is missing");
  const what = size === 0 ? "is empty" : "is not a zip file";
  return new FactorioError("save-not-a-zip", `${path} ${what}. Name a .zip save of Factorio.`, {
    detail: { path },
  });
}
