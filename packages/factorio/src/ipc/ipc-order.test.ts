import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import { ChannelNames } from "./channel-names.js";
import { IpcDecoder, type DeadLetter, type IpcMessage } from "./ipc-decoder.js";

describe("IpcDecoder with quick and slow handlers", () => {
  let folder: TestFolder;
  let seen: unknown[];
  let dead: DeadLetter[];
  beforeEach(async () => {
    folder = await makeTestFolder();
    seen = [];
    dead = [];
  });
  afterEach(() => folder.remove());

  function decoder(onMessage: (message: IpcMessage) => void | Promise<void>): IpcDecoder {
    return new IpcDecoder({
      scriptOutputDir: folder.path,
      maxQueuedMessages: 2,
      onMessage,
      onDeadLetter: (letter) => void dead.push(letter),
    });
  }

  it("a quick handler is done before accept returns, and no promise is needed to go on", () => {
    const ipc = decoder(({ payload }) => void seen.push(payload));
    for (let index = 0; index < 10; index++) {
      ipc.accept(`\f$ipc:x?j${index}`);
      assert.equal(seen.length, index + 1);
      assert(ipc.isReady);
    }
  });

  it("keeps the order over quick handlers, slow handlers and files, and is quick again afterwards", async () => {
    await writeFile(folder.file("a.json"), '"file"');
    const ipc = decoder(async ({ payload }) => {
      if (payload === "slow") await new Promise(setImmediate);
      seen.push(payload);
    });
    const quick = decoder(({ payload }) => void seen.push(payload));
    for (const rest of ['j"first"', 'j"slow"', "fa.json", 'j"last"']) ipc.accept(`\f$ipc:x?${rest}`);
    assert.equal(ipc.isReady, false);
    await ipc.drain();
    assert(ipc.isReady);
    assert.deepEqual(seen, ["first", "slow", "file", "last"]);
    await writeFile(folder.file("b.json"), '"file"');
    seen = [];
    quick.accept("\f$ipc:x?fb.json");
    quick.accept("\f$ipc:x?j1");
    assert.deepEqual(seen, []);
    await quick.drain();
    quick.accept("\f$ipc:x?j2");
    assert.deepEqual(seen, ["file", 1, 2]);
  });

  it("a handler that feeds lines itself gets them after the one it handles", async () => {
    const ipc: IpcDecoder = decoder(({ payload }) => {
      if (payload === 1) ipc.accept("\f$ipc:x?j2");
      seen.push(payload);
    });
    ipc.accept("\f$ipc:x?j1");
    await ipc.drain();
    assert.deepEqual(seen, [1, 2]);
  });

  it("counts the payload's bytes, with and without the length given", () => {
    const ipc = decoder(({ bytes }) => void seen.push(bytes));
    for (const text of ["abc", "é🚀"]) {
      const line = `\f$ipc:ü?j"${text}"`;
      ipc.accept(line);
      ipc.accept(line, Buffer.byteLength(line));
    }
    assert.deepEqual(seen, [5, 5, 8, 8]);
  });

  it("tells of a handler that fails later, cuts long lines, and goes on", async () => {
    const ipc = decoder(async ({ payload }) => {
      await Promise.resolve();
      if (payload !== 1) throw new Error("no");
      seen.push(payload);
    });
    ipc.accept(`\f$ipc:x?j"${"y".repeat(2000)}"`);
    ipc.accept("\f$ipc:x?j1");
    await ipc.drain();
    assert.deepEqual(
      [seen, dead.map(({ line, reason }) => [line.length, reason])],
      [[1], [[500, "the handler failed: no"]]],
    );
  });
});

describe("ChannelNames", () => {
  it("reads the same name each time, however many there are", () => {
    const names = new ChannelNames();
    for (let round = 0; round < 2; round++)
      for (let index = 0; index < 1000; index++)
        assert.equal(
          names.read(`a_channel_with_a_long_name\\x3f${index}`),
          `a_channel_with_a_long_name?${index}`,
        );
    assert.throws(() => names.read("\\x3"), /wrong escape/);
    assert.throws(() => names.read("\\x3"), /wrong escape/);
  });
});
