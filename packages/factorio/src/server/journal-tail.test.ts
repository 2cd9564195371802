import assert from "node:assert/strict";
import { appendFile, truncate, writeFile } from "node:fs/promises";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import { firstLineAfterHole, JournalTail, type JournalTailOptions } from "./journal-tail.js";
import { OffsetFile, readOffsets } from "./offset-file.js";

describe("journal tail", () => {
  let folder: TestFolder;
  let path: string;
  let tail: JournalTail | undefined;
  let lines: [number, string][];
  let wake: () => void;

  beforeEach(async () => {
    folder = await makeTestFolder();
    path = folder.file("journal.log");
    lines = [];
    wake = () => undefined;
    await writeFile(path, "");
  });
  afterEach(async () => {
    await tail?.stop();
    await folder.remove();
  });

  function start(options: Partial<JournalTailOptions> = {}): JournalTail {
    tail = new JournalTail({
      path,
      from: 0,
      onLine: (line, at) => {
        lines.push([at, line]);
        wake();
      },
      onOversized: (bytes) => void lines.push([-1, `${bytes} bytes`]),
      beforeChunk: () => undefined,
      waitUntilReady: () => undefined,
      onFailure: (error) => assert.fail(String(error)),
      ...options,
    });
    tail.start();
    return tail;
  }

  async function until(count: number): Promise<void> {
    while (lines.length < count) await new Promise<void>((resolve) => (wake = resolve));
  }

  it("gives lines as they come, with their offsets, and whole ones only", async () => {
    const reading = start();
    await appendFile(path, "one\ntw");
    await until(1);
    assert.equal(reading.given, 4);
    await appendFile(path, "o\r\nünf\n");
    await until(3);
    assert.deepEqual(lines, [
      [0, "one"],
      [4, "two"],
      [9, "ünf"],
    ]);
    assert.equal(reading.given, 14);
  });

  it("goes on from an offset, and reads to the very end when it finishes", async () => {
    await writeFile(path, "one\ntwo\nthree without an end");
    const reading = start({ from: 4 });
    await until(1);
    await reading.finish();
    assert.deepEqual(lines, [
      [4, "two"],
      [8, "three without an end"],
    ]);
    assert.equal(reading.given, 28);
  });

  it("says how far it will give lines out before it does, and waits for whoever is behind", async () => {
    const text = `${"x".repeat(99)}\n`.repeat(5000);
    await writeFile(path, text);
    const ends: number[] = [];
    let release = (): void => undefined;
    const blocked = new Promise<void>((resolve) => (release = resolve));
    const reading = start({
      beforeChunk: (end) => {
        assert(end > (lines.at(-1)?.[0] ?? -1));
        ends.push(end);
      },
      waitUntilReady: () => (ends.length === 1 ? blocked : undefined),
    });
    await until(1);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    assert.deepEqual(ends, [256 * 1024]);
    release();
    await reading.finish();
    assert.equal(lines.length, 5000);
    assert.equal(ends.at(-1), text.length);
  });

  it("stops in the midst of a wait", async () => {
    await writeFile(path, "one\n");
    const reading = start({ waitUntilReady: () => new Promise(() => undefined) });
    await until(1);
    await reading.stop();
    assert.equal(reading.given, 4);
  });

  it("tells when there is nothing to read", async () => {
    const failures: unknown[] = [];
    const reading = start({ path: folder.file("none"), onFailure: (error) => failures.push(error) });
    await reading.finish();
    assert.equal(failures.length, 1);
  });

  it("finds the first whole line after the space that was given back", async () => {
    assert.equal(await firstLineAfterHole(path), 0);
    await writeFile(path, "one\ntwo\n");
    assert.equal(await firstLineAfterHole(path), 0);
    await writeFile(path, "");
    await truncate(path, 300_000);
    await appendFile(path, "half a line\nwhole\n");
    assert.equal(await firstLineAfterHole(path), 300_012);
  });

  it("keeps offsets through a kill, and knows torn ones", async () => {
    const offsets = new OffsetFile(folder.file("offset"), { consumed: 0, handedOut: 0 });
    offsets.save({ consumed: 123_456_789_012, handedOut: 123_456_789_999 });
    assert.deepEqual(readOffsets(folder.file("offset")), {
      consumed: 123_456_789_012,
      handedOut: 123_456_789_999,
    });
    offsets.save({ handedOut: 2 ** 50 });
    assert.deepEqual(offsets.saved, { consumed: 123_456_789_012, handedOut: 2 ** 50 });
    offsets.close();
    offsets.save({ consumed: 1 });
    await truncate(folder.file("offset"), 20);
    assert.equal(readOffsets(folder.file("offset")), undefined);
    assert.equal(readOffsets(folder.file("none")), undefined);
  });
});
