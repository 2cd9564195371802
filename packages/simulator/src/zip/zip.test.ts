import assert from "node:assert/strict";
import JSZip from "jszip";
import { SimulatorError } from "../errors.js";
import { readZip } from "./read-zip.js";
import { writeZip } from "./write-zip.js";
import { makeEntry, readEntry } from "./zip-entry.js";

describe("zip files", () => {
  it("written here are read by others", async () => {
    const zip = await JSZip.loadAsync(
      writeZip([makeEntry("root/é.txt", "hello ".repeat(100)), makeEntry("root/empty", "")]),
      { checkCRC32: true },
    );
    assert.equal(await zip.file("root/é.txt")?.async("string"), "hello ".repeat(100));
    assert.equal(await zip.file("root/empty")?.async("string"), "");
  });

  it("written by others are read here and copied byte for byte", async () => {
    const zip = new JSZip();
    zip.file("root/a.txt", "a".repeat(1000));
    zip.file("root/b.bin", new Uint8Array([1, 2, 3]), { compression: "STORE" });
    const bytes = await zip.generateAsync({ type: "nodebuffer", compression: "DEFLATE", streamFiles: true });
    const entries = readZip(bytes);
    assert.deepEqual(
      entries.map((entry) => [entry.name, readEntry(entry).length]),
      [
        ["root/a.txt", 1000],
        ["root/b.bin", 3],
      ],
    );
    assert.deepEqual(readZip(writeZip(entries)), entries);
  });

  it("that are torn or damaged are refused", () => {
    const bytes = writeZip([makeEntry("root/a", "text".repeat(50))]);
    assert.throws(() => readZip(bytes.subarray(0, bytes.length - 30)), SimulatorError);
    const entry = readZip(bytes)[0];
    assert.ok(entry);
    assert.throws(() => readEntry({ ...entry, crc32: 1 }), /corrupted/);
  });
});
