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
});
