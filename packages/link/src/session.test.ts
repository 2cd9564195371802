import assert from "node:assert/strict";
import { AppError } from "@switchyard/protocol";
import { FakeClock } from "./fake-clock.js";
import { encodeFrame, type Frame } from "./frame.js";
import { DEFAULT_LIMITS, type SessionLimits } from "./limits.js";
import { silentLog } from "./log.js";
import { Session } from "./session.js";
import { createTransportPair, type Transport } from "./transport.js";

describe("a session", () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });

  it("delivers frames numbered and in order, and acks ride on answers", async () => {
    const { left, right, got } = pair(clock);
    right.onFrame((frame) => right.send(event(`re ${frame.payload}`)));
    for (let n = 0; n < 10; n++) left.send(event(String(n)));
    await clock.advance(0);
    assert.deepEqual(
      got.left.map((frame) => frame.payload),
      Array.from({ length: 10 }, (_, n) => `re ${n}`),
    );
    assert.equal(left.unackedFrames, 0);
  });

  it("acks a one-sided flow after 64 frames, 256 KiB or 50 ms", async () => {
    const { left } = pair(clock);
    for (let n = 0; n < 64; n++) left.send(event("x"));
    await clock.advance(0);
    assert.equal(left.unackedFrames, 0);
    left.send(event("x".repeat(256 * 1024)));
    await clock.advance(0);
    assert.equal(left.unackedFrames, 0);
    left.send(event("x"));
    await clock.advance(49);
    assert.equal(left.unackedFrames, 1);
    await clock.advance(1);
    assert.equal(left.unackedFrames, 0);
    assert.equal(left.unackedBytes, 0);
  });

  it("keeps frames that came before anyone listened", async () => {
    const [a, b] = createTransportPair();
    const left = session(clock, "right");
    const right = session(clock, "left");
    left.attach(a, 0);
    right.attach(b, 0);
    left.send(event("1"));
    left.send(event("2"));
    await clock.advance(0);
    const got: string[] = [];
    right.onFrame((frame) => got.push(frame.payload));
    left.send(event("3"));
    await clock.advance(0);
    assert.deepEqual(got, ["1", "2", "3"]);
  });

  it("resends what was not received when it is resumed, and what was sent while it was away", async () => {
    const { left, right, got, transports } = pair(clock);
    left.send(event("1"));
    await clock.advance(0);
    transports[0].terminate();
    left.send(event("2"));
    await clock.advance(0);
    assert.equal(left.state, "away");
    assert.equal(right.state, "away");
    left.send(event("3"));
    resume(left, right);
    left.send(event("4"));
    await clock.advance(0);
    assert.deepEqual(payloads(got.right), ["1", "2", "3", "4"]);
    assert.equal(left.state, "open");
  });

  it("cuts the stale transport when it goes on over another, and hears nothing of it any more", async () => {
    const { left, right, got, transports } = pair(clock);
    const stale = transports[1];
    left.send(event("1"));
    // Only one side noticed: the other still has its socket.
    left.attach(createTransportPair()[0], 0);
    resume(left, right);
    let closed = false;
    stale.onClose(() => (closed = true));
    await clock.advance(0);
    assert.ok(closed);
    assert.equal(right.state, "open");
    assert.deepEqual(payloads(got.right), ["1"]);
  });

  it("is away after a silence and lost after the resume window", async () => {
    const limits = { ...DEFAULT_LIMITS, heartbeatMs: 1000, silenceMs: 3000, resumeWindowMs: 10_000 };
    const left = session(clock, "right", limits);
    left.attach(createTransportPair()[0], 0);
    const states: string[] = [];
    left.onState((state, reason) => states.push(state + (reason ? ` ${reason.code}` : "")));
    await clock.advance(2999);
    assert.equal(left.state, "open");
    await clock.advance(1);
    assert.equal(left.state, "away");
    await clock.advance(9999);
    assert.equal(left.state, "away");
    await clock.advance(1);
    assert.deepEqual(states, ["away", "lost session-lost"]);
    assert.throws(() => left.send(event("x")), isError("session-lost"));
    assert.equal(clock.pending, 0);
  });

  it("stays open while heartbeats come", async () => {
    const { left, right } = pair(clock);
    await clock.advance(600_000);
    assert.equal(left.state, "open");
    assert.equal(right.state, "open");
  });

  it("stays open when the timers of one side are held back, as in a page in the background", async () => {
    const page = new FakeClock();
    const left = session(page, "right");
    const right = session(clock, "left");
    resume(left, right);
    for (let n = 0; n < 100; n++) {
      await clock.advance(2500);
      // Time goes on for the page, but no timer of it fires.
      page.skip(2500);
    }
    assert.equal(right.state, "open");
    assert.equal(left.state, "open");
  });

  it("pauses producers at the limit and lets them go on at half of it", async () => {
    const limits = { ...DEFAULT_LIMITS, pauseUnackedBytes: 10_000, maxUnackedBytes: 100_000 };
    const left = session(clock, "right", limits);
    while (left.writable) left.send(event("x".repeat(900)));
    assert.ok(left.unackedBytes >= 10_000 && left.unackedBytes < 11_000);
    let free = false;
    const waiting = left.whenWritable().then(() => (free = true));
    const right = session(clock, "left", limits);
    await clock.advance(0);
    assert.equal(free, false);
    resume(left, right);
    await clock.advance(50);
    await waiting;
    assert.equal(left.writable, true);
  });

  it("pauses producers for what the transport could not write yet, until it drained", async () => {
    const left = session(clock, "right", { ...DEFAULT_LIMITS, pauseUnackedBytes: 1000 });
    const transport = new ScriptedTransport();
    left.attach(transport, 0);
    transport.bufferedBytes = 1000;
    left.send(event("x"));
    assert.equal(left.writable, false);
    transport.bufferedBytes = 0;
    transport.drained();
    assert.equal(left.writable, true);
    left.close(new AppError("shutting-down", { what: "test" }));
  });

  it("gives up waiting to write when the signal is aborted or the session is lost", async () => {
    const left = session(clock, "right", { ...DEFAULT_LIMITS, pauseUnackedBytes: 1 });
    left.send(event("x"));
    const abort = new AbortController();
    const cancelled = assert.rejects(left.whenWritable(abort.signal), isError("cancelled"));
    const lost = assert.rejects(left.whenWritable(), isError("peer-gone"));
    abort.abort();
    await cancelled;
    left.abandon(new AppError("peer-gone", { peer: "right" }));
    await lost;
    await assert.rejects(left.whenWritable(), isError("peer-gone"));
  });

  it("cuts a peer off that takes too much memory, in bytes and in frames", () => {
    const limits = { ...DEFAULT_LIMITS, maxUnackedBytes: 10_000, maxUnackedFrames: 50 };
    for (const payload of ["x".repeat(1000), "x"]) {
      const left = session(clock, "right", limits);
      assert.throws(() => {
        for (let n = 0; n < 100; n++) left.send(event(payload));
      }, isError("peer-too-slow"));
      assert.equal(left.state, "lost");
      assert.equal(left.unackedBytes, 0);
      assert.throws(() => left.send(event("x")), isError("peer-too-slow"));
    }
  });

  it("refuses to send a frame that the peer does not take, and goes on", async () => {
    const { left, got } = pair(clock, { ...DEFAULT_LIMITS, maxFrameBytes: 1000 });
    assert.throws(() => left.send(event("x".repeat(1000))), isError("frame-too-large"));
    left.send(event("small"));
    await clock.advance(0);
    assert.deepEqual(payloads(got.right), ["small"]);
  });

  it("tells the peer why it closes, and leaves no timers", async () => {
    const { left, right } = pair(clock);
    let reason: AppError | undefined;
    right.onState((_state, why) => (reason = why));
    left.close(new AppError("token-expired"));
    await clock.advance(0);
    assert.equal(reason?.code, "token-expired");
    assert.equal(right.state, "lost");
    assert.equal(clock.pending, 0);
  });

  it("is not harmed by listeners that throw", async () => {
    const { left, right, got } = pair(clock);
    right.onFrame(() => {
      throw new Error("on purpose");
    });
    left.send(event("1"));
    left.send(event("2"));
    await clock.advance(0);
    assert.deepEqual(payloads(got.right), ["1", "2"]);
    assert.equal(right.state, "open");
  });

  const faults: [string, string, string][] = [
    ["a text that is no frame", "hello?", "malformed-frame"],
    ["a gap in the numbers", numbered(2, 0), "malformed-frame"],
    ["an ack of what was never sent", numbered(1, 7), "malformed-frame"],
    ["a second welcome", encodeFrame({ header: { t: "welcome" }, payload: "{}" }), "malformed-frame"],
    [
      "a frame that is too large",
      numbered(1, 0, "x".repeat(DEFAULT_LIMITS.maxFrameBytes)),
      "frame-too-large",
    ],
  ];
  for (const [what, text, code] of faults) {
    it(`ends with a bye after ${what}`, async () => {
      const left = session(clock, "right");
      const transport = new ScriptedTransport();
      left.attach(transport, 0);
      const got: Frame[] = [];
      left.onFrame((frame) => got.push(frame));
      let reason: AppError | undefined;
      left.onState((_state, why) => (reason = why));
      transport.deliver(text);
      transport.deliver(numbered(1, 0));
      assert.equal(reason?.code, code);
      assert.deepEqual(got, []);
      assert.match(transport.sent.at(-1) ?? "", new RegExp(`^\\{"t":"bye"\\}\n.*"code":"${code}"`));
      assert.equal(clock.pending, 0);
    });
  }

  it("drops a frame that comes twice", () => {
    const left = session(clock, "right");
    const transport = new ScriptedTransport();
    left.attach(transport, 0);
    let count = 0;
    left.onFrame(() => (count += 1));
    transport.deliver(numbered(1, 0));
    transport.deliver(numbered(1, 0));
    assert.equal(count, 1);
    assert.equal(left.state, "open");
  });
});

function session(clock: FakeClock, peer: string, limits: SessionLimits = DEFAULT_LIMITS): Session {
  return new Session({
    id: "s",
    peer: { kind: "host", id: peer, address: `host/${peer}`, version: "1" },
    localAddress: "controller",
    limits,
    peerMaxFrameBytes: limits.maxFrameBytes,
    clock,
    log: silentLog,
  });
}

function pair(clock: FakeClock, limits?: SessionLimits) {
  const left = session(clock, "right", limits);
  const right = session(clock, "left", limits);
  const got = { left: [] as Frame[], right: [] as Frame[] };
  left.onFrame((frame) => got.left.push(frame));
  right.onFrame((frame) => got.right.push(frame));
  const transports = resume(left, right);
  return { left, right, got, transports };
}

function resume(left: Session, right: Session): [Transport, Transport] {
  const transports = createTransportPair();
  const [leftGot, rightGot] = [left.lastReceived, right.lastReceived];
  left.attach(transports[0], rightGot);
  right.attach(transports[1], leftGot);
  return transports;
}

function event(payload: string): Frame {
  return { header: { t: "event", s: "host/a", d: "controller", m: "test" }, payload };
}

function numbered(n: number, a: number, payload = "{}"): string {
  return encodeFrame({ header: { t: "event", n, a, s: "host/a", d: "controller", m: "test" }, payload });
}

function payloads(frames: Frame[]): string[] {
  return frames.map((frame) => frame.payload);
}

function isError(code: string) {
  return (error: unknown) => error instanceof AppError && error.code === code;
}

class ScriptedTransport implements Transport {
  bufferedBytes = 0;
  readonly sent: string[] = [];
  deliver: (text: string) => void = () => {};
  drained: () => void = () => {};
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {}
  terminate(): void {}
  onMessage(listener: ((text: string) => void) | undefined): void {
    this.deliver = listener ?? (() => {});
  }
  onClose(): void {}
  onDrain(listener: () => void): void {
    this.drained = listener;
  }
}
