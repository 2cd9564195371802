import type { ZipEntry } from "./zip-entry.js";

/** Writes entries in their order; the compressed bytes go out as they are. Dates are fixed: equal input, equal file. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name, "utf8");
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    writeCommon(local, 4, entry, name.length);
    parts.push(local, name, entry.compressed);
    directory.push(directoryRecord(entry, name, offset), name);
    offset += local.length + name.length + entry.compressed.length;
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

function directoryRecord(entry: ZipEntry, name: Buffer, offset: number): Buffer {
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(20, 4);
  writeCommon(record, 6, entry, name.length);
  record.writeUInt32LE(offset, 42);
  return record;
}

/** The 26 bytes that local headers and directory records share. Bit 11 says that names are UTF-8. */
function writeCommon(target: Buffer, at: number, entry: ZipEntry, nameBytes: number): void {
  target.writeUInt16LE(20, at);
  target.writeUInt16LE(0x800, at + 2);
  target.writeUInt16LE(entry.method, at + 4);
  target.writeUInt16LE(0, at + 6);
  target.writeUInt16LE(0x21, at + 8);
  target.writeUInt32LE(entry.crc32, at + 10);
  target.writeUInt32LE(entry.compressed.length, at + 14);
  target.writeUInt32LE(entry.sizeBytes, at + 18);
  target.writeUInt16LE(nameBytes, at + 22);
}
