import assert from "node:assert/strict";
import { open, stat, type FileHandle } from "node:fs/promises";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import type { ZipEntry } from "./zip-format.js";
import { ZipReader } from "./zip-reader.js";
import { ZipWriter } from "./zip-writer.js";

const HUGE_BYTES = 5 * 1024 ** 3;

/** Leaves holes in the file where zeros would be: five gigabytes that take no room and no time. */
function sparse(file: FileHandle): FileHandle {
  return new Proxy(file, {
    get(target, name) {
      if (name !== "write") return Reflect.get(target, name) as unknown;
      return async (bytes: Buffer, at: number, length: number, position: number) => {
        // Data of the huge entry begins with zeros after its header, if one is in front.
        const end = length > 1000 ? 200 : length;
        await target.write(bytes, at, end, position);
        return { bytesWritten: length, buffer: bytes };
      };
    },
  });
}

/** A reader of one huge stored entry of zeros, without the file. */
function hugeSource(): { reader: ZipReader; entry: ZipEntry } {
  const entry: ZipEntry = {
    name: "world/level.dat0",
    rawName: Buffer.from("world/level.dat0"),
    flags: 8,
    method: 0,
    time: 1,
    date: 33,
    crc: 7,
    compressedBytes: HUGE_BYTES,
    bytes: HUGE_BYTES,
    localOffset: 0,
    madeBy: 20,
    internalAttributes: 0,
    externalAttributes: 0,
    extra: Buffer.alloc(0),
    comment: Buffer.alloc(0),
  };
  const reader = {
    dataOffset: () => Promise.resolve(0),
    fill: (buffer: Buffer) => Promise.resolve(void buffer.fill(0, 0, Math.min(200, buffer.length))),
  };
  return { reader: reader as unknown as ZipReader, entry };
}

describe("zips beyond 4 GiB", () => {
  let folder: TestFolder;
  beforeEach(async () => (folder = await makeTestFolder()));
  afterEach(() => folder.remove());

  it("keep sizes and offsets of entries, and are copied again as they are", async () => {
    const first = folder.file("first.zip");
    const { reader, entry } = hugeSource();
    await writeZip(first, async (writer) => {
      await writer.copy(reader, entry);
      await writer.add("world/after.txt", Buffer.from("behind the 4 GiB"));
    });
    assert((await stat(first)).size > HUGE_BYTES);
    const second = folder.file("second.zip");
    const again = await ZipReader.open(first);
    await writeZip(second, async (writer) => {
      for (const each of again.entries) await writer.copy(each.bytes === HUGE_BYTES ? reader : again, each);
    });
    await again.close();
    for (const path of [first, second]) {
      const zip = await ZipReader.open(path);
      const [huge, after] = zip.entries;
      assert(huge && after);
      assert.deepEqual(
        [huge.bytes, huge.compressedBytes, huge.crc, huge.time],
        [HUGE_BYTES, HUGE_BYTES, 7, 1],
      );
      assert(after.localOffset > HUGE_BYTES);
      await zip.dataOffset(huge);
      assert.equal((await zip.read(after, 100)).toString(), "behind the 4 GiB");
      await zip.close();
    }
  });

  async function writeZip(path: string, write: (writer: ZipWriter) => Promise<void>): Promise<void> {
    const file = await open(path, "wx");
    try {
      const writer = new ZipWriter(sparse(file));
      await write(writer);
      await writer.finish();
    } finally {
      await file.close();
    }
  }
});
