import assert from "node:assert/strict";
import { AppError } from "@switchyard/protocol";
import { silentLogger } from "@switchyard/node-kit";
import { FakeLink, FakeStreams } from "../testing/fake-streams.js";
import { StreamPublisher } from "./stream-publisher.js";

describe("stream publisher", () => {
  let streams: FakeStreams;
  let link: FakeLink;
  let publisher: StreamPublisher;

  beforeEach(() => {
    streams = new FakeStreams();
    link = new FakeLink(streams);
    publisher = new StreamPublisher({ stream: "a:b", from: "instance/x", link, log: silentLogger() });
  });

  afterEach(() => publisher.close());

  const payloads = () => streams.entries.map((entry) => entry.payload);

  it("publishes once and in order when answers are lost", async () => {
    link.loseAnswers = 2;
    for (let n = 1; n <= 500; n += 1) assert.ok(publisher.publish(n));
    await publisher.flushed();
    assert.deepEqual(
      payloads(),
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
    assert.equal(streams.publishes, 5);
  });

  it("keeps entries while the link is cut and sends them when it is back", async () => {
    link.cut();
    publisher.publish("a");
    publisher.publish("b");
    assert.equal(publisher.waiting, 2);
    link.restore();
    await publisher.flushed();
    assert.deepEqual(payloads(), ["a", "b"]);
  });

  it("takes no more than 10,000 entries or 8 MiB", () => {
    link.cut();
    const big = "x".repeat(3 * 1024 * 1024);
    assert.deepEqual(
      [publisher.publish(big), publisher.publish(big), publisher.publish(big)],
      [true, true, false],
    );
    for (let n = 0; n < 9998; n += 1) assert.ok(publisher.publish(n));
    assert.equal(publisher.publish("one more"), false);
  });

  it("leaves out the one entry that is refused", async () => {
    const { publish } = streams;
    streams.publish = (from, params) => {
      if (params.payloads.includes("bad")) throw new AppError("bad-request", { reason: "bad" });
      return publish.call(streams, from, params);
    };
    for (const payload of ["a", "bad", "b"]) publisher.publish(payload);
    await publisher.flushed();
    assert.deepEqual(payloads(), ["a", "b"]);
  });

  it("takes a copy, so that later changes of the payload do not matter", async () => {
    const payload = { text: "before" };
    publisher.publish(payload);
    payload.text = "after";
    await publisher.flushed();
    assert.deepEqual(payloads(), [{ text: "before" }]);
  });

  it("makes those wait who want to, in order, and nobody pass them", async () => {
    link.cut();
    for (let n = 0; n < 10_000; n += 1) publisher.publish(n);
    const taken: string[] = [];
    const first = publisher.publishOrWait("first").then(() => taken.push("first"));
    const second = publisher.publishOrWait("second").then(() => taken.push("second"));
    assert.equal(publisher.publish("pushy"), false);
    link.restore();
    await Promise.all([first, second]);
    await publisher.flushed();
    assert.deepEqual(taken, ["first", "second"]);
    assert.deepEqual(payloads().slice(-2), ["first", "second"]);
  });

  it("keeps the line of an entry until the controller has it, and the entry is taken once", async () => {
    const held: string[] = [];
    const origin = (position: number) => ({
      epoch: "journal",
      position,
      hold: () => {
        held.push(`hold ${position}`);
        return () => void held.push(`release ${position}`);
      },
    });
    link.cut();
    publisher.publish("a", origin(4097));
    publisher.publish("timer");
    publisher.publish("b", origin(8193));
    assert.deepEqual(held, ["hold 4097", "hold 8193"]);
    link.restore();
    await publisher.flushed();
    assert.deepEqual(held.slice(2), ["release 4097", "release 8193"]);
    // As an agent that comes after a kill does.
    const next = new StreamPublisher({ stream: "a:b", from: "instance/x", link, log: silentLogger() });
    for (const position of [4097, 8193, 8194]) next.publish(`again ${position}`, origin(position));
    await next.flushed();
    await next.close();
    assert.deepEqual(payloads(), ["a", "timer", "b", "again 8194"]);
  });

  it("refuses those who wait when it is closed", async () => {
    link.cut();
    publisher.publish("x".repeat(9_000_000));
    const waiting = publisher.publishOrWait("y");
    await publisher.close();
    await assert.rejects(waiting, { code: "shutting-down" });
    await assert.rejects(publisher.publishOrWait("z"), { code: "shutting-down" });
  });
});
