import assert from "node:assert/strict";
import { AppError } from "@switchyard/protocol";
import { silentLogger } from "@switchyard/node-kit";
import type { ConsumedEntry } from "@switchyard/plugin-api";
import { FakeLink, FakeStreams } from "../testing/fake-streams.js";
import { Recorder } from "../testing/fixtures.js";
import { consumeStream } from "./stream-consumer.js";

describe("stream consumer", () => {
  let streams: FakeStreams;
  let link: FakeLink;
  let position: number | undefined;
  let positions: Recorder<number>;
  let handled: Recorder<unknown>;
  let ended: AbortController;
  let consuming: Promise<void> | undefined;

  beforeEach(() => {
    streams = new FakeStreams();
    link = new FakeLink(streams);
    position = undefined;
    positions = new Recorder();
    handled = new Recorder();
  });

  afterEach(() => stop());

  async function stop(): Promise<void> {
    ended.abort();
    await consuming;
  }

  function begin(handle?: (entry: ConsumedEntry<unknown>) => Promise<void>): void {
    ended = new AbortController();
    consuming = consumeStream({
      stream: "a:b",
      from: "instance/x",
      link,
      log: silentLogger(),
      signal: ended.signal,
      position: {
        get: () => Promise.resolve(position),
        set: (to) => {
          position = to;
          positions.add(to);
          return Promise.resolve();
        },
      },
      validate: (payload) => (payload === "invalid" ? "invalid" : undefined),
      handle:
        handle ??
        ((entry) => {
          handled.add(entry.payload);
          return Promise.resolve();
        }),
    });
  }

  const reached = (number: number) => positions.until((all) => all.at(-1) === number, `position ${number}`);

  it("begins at the end of the stream and goes on from where it was", async () => {
    streams.add("old");
    begin();
    await reached(1);
    streams.add("a");
    await reached(2);
    await stop();
    streams.add("b");
    streams.add("c");
    begin();
    await reached(4);
    assert.deepEqual(handled.values, ["a", "b", "c"]);
  });

  it("goes on after a lost session, each entry once", async () => {
    begin();
    await reached(0);
    streams.add("a");
    await reached(1);
    link.cut();
    streams.add("b");
    link.restore();
    await reached(2);
    assert.deepEqual(handled.values, ["a", "b"]);
  });

  it("hands an entry again when the handler fails, and passes it over after five times", async function () {
    this.timeout(20_000);
    position = 0;
    let calls = 0;
    begin((entry) => {
      calls += 1;
      if (entry.payload === "b") handled.add("b");
      return entry.payload === "a" ? Promise.reject(new Error("no")) : Promise.resolve();
    });
    streams.add("a");
    streams.add("b");
    await reached(2);
    assert.equal(calls, 6);
  });

  it("does not blame the entry for a lost RCON connection, and keeps it for the next run", async () => {
    position = 0;
    const calls = new Recorder<number>();
    begin((entry) => {
      calls.add(entry.number);
      return Promise.reject(new AppError("rcon-lost", { instance: "x" }));
    });
    streams.add("a");
    await calls.until((all) => all.length >= 2, "two calls");
    await stop();
    assert.equal(position, 0);
    begin();
    await reached(1);
    assert.deepEqual(handled.values, ["a"]);
  });

  it("passes over what is not as declared, and what was dropped before it was read", async () => {
    position = 0;
    for (const payload of ["dropped", "dropped", "invalid", "a"]) streams.add(payload);
    streams.oldest = 3;
    begin();
    await reached(4);
    assert.deepEqual(handled.values, ["a"]);
  });
});
