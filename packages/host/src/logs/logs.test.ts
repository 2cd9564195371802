import assert from "node:assert/strict";
import { parseServerLine } from "@switchyard/factorio";
import type { LogLine } from "@switchyard/protocol";
import { Recorder } from "../testing/fixtures.js";
import { LogBuffer } from "./log-buffer.js";
import { LogFollowers } from "./log-followers.js";

describe("log buffer", () => {
  it("keeps the newest 2000 lines and counts all", () => {
    const buffer = new LogBuffer();
    for (let n = 1; n <= 2500; n += 1) buffer.say("Info", `line ${n}`);
    const lines = buffer.tail(5000);
    assert.equal(lines.length, 2000);
    assert.deepEqual([lines[0]?.number, lines.at(-1)?.text], [501, "line 2500"]);
    assert.deepEqual(buffer.tail(0), []);
  });

  it("keeps no more than about 1 MiB and cuts endless lines", () => {
    const buffer = new LogBuffer();
    for (let n = 0; n < 500; n += 1) buffer.say("Info", "x".repeat(20_000));
    const lines = buffer.tail(2000);
    assert.ok(lines.length < 200);
    assert.ok(lines.every((line) => line.text.length < 9000));
  });

  it("gives lines their level", () => {
    const buffer = new LogBuffer();
    for (const text of [
      "2026-08-02 02:16:35 [CHAT] Anna: hi",
      "   0.578 Warning Foo.cpp:8: careful",
      "   0.577 Hosting game",
      "bare",
    ]) {
      buffer.addServerLine(parseServerLine(text));
    }
    assert.deepEqual(
      buffer.tail(9).map(({ level, text }) => [level, text]),
      [
        ["CHAT", "Anna: hi"],
        ["Warning", "Foo.cpp:8: careful"],
        ["", "Hosting game"],
        ["", "bare"],
      ],
    );
  });
});

describe("log followers", () => {
  it("sends lines in batches of at most 200, skips what cannot be written and counts it", async () => {
    const buffer = new LogBuffer();
    const sent = new Recorder<{ control: string; lines: LogLine[]; skipped: number }>();
    let isWritable = true;
    const followers = new LogFollowers(buffer, {
      isWritable: () => isWritable,
      send: (control, batch) => sent.add({ control, ...batch }),
    });
    followers.follow("control/a");
    for (let n = 0; n < 250; n += 1) buffer.say("Info", `${n}`);
    assert.deepEqual(
      sent.values.map(({ lines }) => lines.length),
      [200],
    );
    await sent.until((all) => all.length === 2, "the rest");
    isWritable = false;
    for (let n = 0; n < 200; n += 1) buffer.say("Info", `${n}`);
    isWritable = true;
    buffer.say("Info", "last");
    await sent.until((all) => all.length === 3, "the last");
    assert.deepEqual([sent.values[2]?.skipped, sent.values[2]?.lines[0]?.text], [200, "last"]);
    followers.unfollow("control/a");
    for (let n = 0; n < 300; n += 1) buffer.say("Info", `${n}`);
    assert.equal(sent.values.length, 3);
    assert.equal(followers.size, 0);
  });
});
