import assert from "node:assert/strict";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import { IpcDecoder, type DeadLetter, type IpcMessage } from "./ipc-decoder.js";
import { LineSplitter } from "./line-splitter.js";

describe("LineSplitter", () => {
  function split(
    chunks: Buffer[],
    maxLineBytes?: number,
  ): { lines: [string, number][]; oversized: number[] } {
    const lines: [string, number][] = [];
    const oversized: number[] = [];
    const splitter = new LineSplitter({
      ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
      onLine: (line, at) => lines.push([line, at]),
      onOversized: (bytes) => oversized.push(bytes),
    });
    for (const chunk of chunks) splitter.push(chunk);
    splitter.end();
    return { lines, oversized };
  }

  it("gives the same lines however the bytes arrive", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", maxLength: 20 })),
        fc.integer({ min: 1, max: 7 }),
        (texts, size) => {
          const lines = texts.map((text) => text.replace(/[\r\n]/g, ""));
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
          const chunks = [];
          for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
          const found = split(chunks).lines;
          assert.deepEqual(
            found.map(([line]) => line),
            lines,
          );
          for (const [line, at] of found)
            assert.equal(bytes.toString("utf8", at, at + Buffer.byteLength(line)), line);
        },
      ),
    );
  });

  it("drops lines that are too long and goes on with the next", () => {
    const { lines, oversized } = split(
      [Buffer.from("short\nx"), Buffer.alloc(50, "y"), Buffer.from("\r\nend\r\nlast")],
      10,
    );
    assert.deepEqual(lines, [
      ["short", 0],
      ["end", 59],
      ["last", 64],
    ]);
    assert.deepEqual(oversized, [52]);
  });
});

describe("IpcDecoder", () => {
  let folder: TestFolder;
  let messages: IpcMessage[];
  let dead: DeadLetter[];
  beforeEach(async () => {
    folder = await makeTestFolder();
    messages = [];
    dead = [];
  });
  afterEach(() => folder.remove());

  function decoder(more: Partial<ConstructorParameters<typeof IpcDecoder>[0]> = {}): IpcDecoder {
    return new IpcDecoder({
      scriptOutputDir: folder.path,
      onMessage: (message) => void messages.push(message),
      onDeadLetter: (letter) => void dead.push(letter),
      ...more,
    });
  }

  it("keeps the order of the lines when a file is slower than what follows, and deletes it", async () => {
    await writeFile(folder.file("big.json"), JSON.stringify({ text: "x".repeat(300_000) }));
    const ipc = decoder();
    assert.equal(ipc.accept("   0.567 Info a.cpp:1: $ipc:x?j1"), false);
    assert.equal(ipc.accept('\f$ipc:a\\x3fb\\x5c?j{"n":1}'), true);
    ipc.accept("\f$ipc:file?fbig.json");
    ipc.accept("\f$ipc:last?j[]");
    await ipc.drain();
    assert.deepEqual(
      messages.map((message) => [message.channel, message.sequence]),
      [
        ["a?b\\", 0],
        ["file", 1],
        ["last", 2],
      ],
    );
    assert.deepEqual(messages[0]?.payload, { n: 1 });
    assert.equal(messages[1]?.bytes, 300_011);
    assert.deepEqual(await readdir(folder.path), []);
  });

  it("turns every bad line into a dead letter", async () => {
    await writeFile(folder.file("bad.json"), "{");
    await writeFile(folder.file("large.json"), JSON.stringify("x".repeat(2000)));
    await mkdir(folder.file("dir.json"));
    await symlink(folder.file("bad.json"), folder.file("link.json")).catch(() => undefined);
    const ipc = decoder({ maxFileBytes: 1000, maxInlineBytes: 100 });
    const lines = [
      "x",
      "x?",
      "x?z1",
      "x?j{",
      "?j1",
      "\\q?j1",
      "x?f../a.json",
      "x?fa\\b.json",
      "x?fa.txt",
      "x?f.json/x",
      "x?fnone.json",
      "x?fdir.json",
    ];
    for (const line of [...lines, "x?fbad.json", "x?flarge.json", "x?flink.json", `x?j"${"y".repeat(200)}"`])
      assert(ipc.accept(`\f$ipc:${line}`));
    ipc.accept("\f$ipc:good?jtrue");
    await ipc.drain();
    assert.equal(dead.length, 16);
    assert.deepEqual(
      messages.map((message) => message.channel),
      ["good"],
    );
    assert.deepEqual(
      (await readdir(folder.path)).sort().filter((name) => name !== "link.json"),
      ["dir.json"],
    );
  });

  it("waits for slow handlers, makes the reader wait, and survives one that throws", async () => {
    const release: (() => void)[] = [];
    const ipc = decoder({
      maxQueuedMessages: 2,
      onMessage: (message) => {
        messages.push(message);
        if (message.channel === "throws") throw new Error("no");
        return new Promise<void>((resolve) => release.push(resolve));
      },
    });
    for (const channel of ["throws", "a", "b", "c"]) ipc.accept(`\f$ipc:${channel}?j1`);
    let isReady = false;
    const ready = ipc.ready().then(() => (isReady = true));
    while (messages.length < 2) await new Promise(setImmediate);
    assert.deepEqual(
      dead.map((letter) => letter.reason),
      ["the handler failed: no"],
    );
    assert.equal(isReady, false);
    release[0]?.();
    await ready;
    while (messages.length < 4) {
      release.forEach((resolve) => resolve());
      await new Promise(setImmediate);
    }
    release.forEach((resolve) => resolve());
    await ipc.drain();
    assert.deepEqual(
      messages.map((message) => message.channel),
      ["throws", "a", "b", "c"],
    );
  });
});
