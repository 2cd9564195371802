import assert from "node:assert/strict";
import { Type } from "typebox";
import { defineStream, type SchemaCompiler } from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { refusal } from "../testing/test-cluster.js";
import { ControllerStore } from "../store/controller-store.js";
import { Streams, type Publication } from "./streams.js";

const Lines = defineStream({
  name: "chat:lines",
  payload: Type.Object({ text: Type.String() }),
  keepEntries: 50,
});

describe("streams", () => {
  const compiler: SchemaCompiler = createAjvCompiler();
  let store: ControllerStore;
  let streams: Streams;

  beforeEach(async () => {
    store = await ControllerStore.open(":memory:");
    streams = new Streams({ store, compiler, nameOf: (source) => `the ${source}` });
    streams.declare([Lines]);
  });
  afterEach(async () => {
    await streams.close();
    await store.close();
  });

  const publish = (firstPosition: number, texts: string[], about: Partial<Publication> = {}) =>
    streams.publish({
      stream: Lines.name,
      source: "map",
      epoch: "first",
      positions: texts.map((_, index) => firstPosition + index),
      payloads: texts.map((text) => ({ text })),
      ...about,
    });
  const read = async (after: number | null, waitMs = 0, signal?: AbortSignal) => {
    const answer = await streams.read({
      stream: Lines.name,
      after,
      limit: 100,
      waitMs,
      ...(signal && { signal }),
    });
    return { ...answer, texts: answer.entries.map(({ payload }) => (payload as { text: string }).text) };
  };

  it("leave out what was published before at the same positions, which may have gaps", async () => {
    const at = (positions: number[], texts: string[]) => publish(0, texts, { positions });
    assert.equal((await at([4097, 4098, 900_000], ["a", "b", "c"])).head, 3);
    assert.equal((await at([4098, 900_000, 900_001, 2 ** 52], ["b", "c", "d", "e"])).head, 5);
    assert.deepEqual((await read(0)).texts, ["a", "b", "c", "d", "e"]);
    await assert.rejects(at([2, 2], ["x", "y"]), { code: "bad-request" });
    await assert.rejects(at([1], ["x", "y"]), { code: "bad-request" });
  });

  it("number entries from 1 without gaps and name their source", async () => {
    assert.deepEqual(await publish(1, ["a", "b"]), { head: 2, added: 2 });
    await publish(1, ["c"], { source: "other" });
    const { entries, head, oldest } = await read(0);
    assert.deepEqual(
      entries.map(({ number, source, sourceName }) => [number, source, sourceName]),
      [
        [1, "map", "the map"],
        [2, "map", "the map"],
        [3, "other", "the other"],
      ],
    );
    assert.deepEqual([head, oldest], [3, 1]);
  });

  it("take what is published again only once, also when the batch is cut in another way", async () => {
    await publish(1, ["a", "b"]);
    await Promise.all([publish(1, ["a", "b"]), publish(2, ["b", "c"]), publish(1, ["a", "b", "c", "d"])]);
    assert.deepEqual((await read(0)).texts, ["a", "b", "c", "d"]);
    await publish(1, ["e"], { epoch: "second" });
    assert.deepEqual((await read(4)).texts, ["e"]);
  });

  it("take a batch whole or not at all", async () => {
    await assert.rejects(
      publish(1, [], { payloads: [{ text: "fine" }, { text: 5 }] }),
      refusal("bad-request"),
    );
    assert.deepEqual((await read(0)).texts, []);
    await assert.rejects(publish(1, ["a"], { stream: "chat:unknown" }), refusal("not-found"));
  });

  it("drop the oldest beyond the limit and say so to readers", async () => {
    const texts = Array.from({ length: 60 }, (_, index) => String(index));
    await publish(1, texts);
    const { texts: kept, oldest, head } = await read(0);
    assert.deepEqual([kept.length, kept[0], oldest, head], [50, "10", 11, 60]);
  });

  it("answer at once with the head when nothing is asked for", async () => {
    await publish(1, ["a"]);
    assert.deepEqual(await read(null, 60_000), { entries: [], texts: [], head: 1, oldest: 1 });
  });

  it("wake readers that wait", async () => {
    const waiting = [read(0, 5000), read(0, 5000)];
    await read(0, 0);
    await publish(1, ["a"]);
    for (const answer of await Promise.all(waiting)) assert.deepEqual(answer.texts, ["a"]);
  });

  it("end a wait after its time, by its signal, and when they close", async () => {
    assert.deepEqual((await read(0, 20)).texts, []);
    const stop = new AbortController();
    const stopped = read(0, 60_000, stop.signal);
    stop.abort();
    assert.deepEqual((await stopped).texts, []);
    const closed = read(0, 60_000);
    await streams.close();
    assert.deepEqual((await closed).texts, []);
  });

  it("remember a bounded number of a source's lives", async () => {
    for (let epoch = 0; epoch < 40; epoch += 1) await publish(1, ["x"], { epoch: `epoch-${epoch}` });
    const rows = await store.db.selectFrom("stream_positions").selectAll().execute();
    assert.ok(rows.length <= 17, `${rows.length} are remembered`);
    await publish(1, ["x"], { epoch: "epoch-39" });
    assert.equal((await read(null)).head, 40);
  });
});
