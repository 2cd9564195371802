import assert from "node:assert/strict";
import { AppError, parseAddress, type AddressText } from "@switchyard/protocol";
import { FakeClock } from "./fake-clock.js";
import type { Frame, FrameHeader } from "./frame.js";
import { Router, type RouterOptions } from "./router.js";
import type { Session } from "./session.js";

/** Payloads that JSON.parse would not take: a router that looked at them would fail. */
const RAW = "{ not json: 1e999 }";

describe("a router", () => {
  let clock: FakeClock;
  let local: Frame[];
  let users: (string | undefined)[];
  let warnings: string[];
  let alice: FakeSession;
  let host: FakeSession;
  let router: Router;

  beforeEach(() => {
    clock = new FakeClock();
    local = [];
    users = [];
    warnings = [];
    alice = new FakeSession("control/alice");
    host = new FakeSession("host/h");
    router = make();
  });

  it("forwards a request and its answers without looking at the payloads", () => {
    accept(alice, { t: "request", s: "control/alice", d: "instance/i", m: "x", i: "1", x: 500, r: "trace" });
    assert.deepEqual(host.got[0]?.header.x, 500);
    assert.deepEqual(host.got[0]?.header.r, "trace");
    for (const t of ["progress", "progress", "response"] as const) {
      accept(host, { t, s: "instance/i", d: "control/alice", i: "1" });
    }
    assert.deepEqual(
      alice.got.map((frame) => [frame.header.t, frame.payload]),
      [
        ["progress", RAW],
        ["progress", RAW],
        ["response", RAW],
      ],
    );
  });

  it("gives local destinations to the local dispatcher, with the user, and sends the answer back", () => {
    accept(alice, { t: "request", s: "control/alice", d: "controller", m: "x", i: "1" });
    assert.equal(local.length, 1);
    assert.deepEqual(users, ["the user of control/alice"]);
    router.send(frame({ t: "response", s: "controller", d: "control/alice", i: "1" }));
    assert.equal(alice.got[0]?.header.t, "response");
  });

  it("answers the asker when there is no way to the destination", () => {
    for (const [d, code] of [
      ["host/away", "host-offline"],
      ["nowhere", "bad-request"],
      ["hosts", "bad-request"],
    ] as const) {
      accept(alice, { t: "request", s: "control/alice", d, m: "x", i: d });
      const answer = alice.got.at(-1);
      assert.deepEqual([answer?.header.t, answer?.header.s, answer?.header.i], ["error", d, d]);
      assert.match(answer?.payload ?? "", new RegExp(`"code":"${code}"`));
    }
  });

  it("does not send a request back to where it came from", () => {
    accept(host, { t: "request", s: "host/h", d: "instance/gone", m: "x", i: "1" });
    assert.match(host.got[0]?.payload ?? "", /"peer-gone"/);
  });

  it("refuses what admit refuses, with a code, logged once per session and code", () => {
    for (let n = 0; n < 5; n++) {
      accept(host, { t: "request", s: "instance/of-another", d: "controller", m: "x", i: String(n) });
    }
    accept(host, { t: "event", s: "instance/of-another", d: "controller", m: "x" });
    assert.deepEqual(local, []);
    assert.equal(host.got.length, 5);
    assert.match(host.got[0]?.payload ?? "", /"source-refused"/);
    assert.equal(warnings.length, 1);
  });

  it("takes answers only from the side that was asked", () => {
    const mallory = new FakeSession("control/mallory");
    accept(alice, { t: "request", s: "control/alice", d: "instance/i", m: "x", i: "1" });
    accept(mallory, { t: "response", s: "instance/i", d: "control/alice", i: "1" });
    accept(host, { t: "response", s: "host/h", d: "control/alice", i: "1" });
    assert.deepEqual(alice.got, []);
    assert.equal(warnings.length, 2);
    accept(host, { t: "response", s: "instance/i", d: "control/alice", i: "1" });
    accept(host, { t: "response", s: "instance/i", d: "control/alice", i: "1" });
    assert.equal(alice.got.length, 1);
  });

  it("takes answers to its own requests only from the side that was asked", () => {
    router.send(frame({ t: "request", s: "controller", d: "instance/i", m: "x", i: "1" }));
    accept(alice, { t: "response", s: "instance/i", d: "controller", i: "1" });
    assert.deepEqual(local, []);
    accept(host, { t: "response", s: "instance/i", d: "controller", i: "1" });
    assert.equal(local.length, 1);
  });

  it("lets only the asker cancel", () => {
    const mallory = new FakeSession("control/mallory");
    accept(alice, { t: "request", s: "control/alice", d: "instance/i", m: "x", i: "1" });
    accept(mallory, { t: "cancel", s: "control/alice", d: "instance/i", i: "1" });
    assert.equal(host.got.length, 1);
    accept(alice, { t: "cancel", s: "control/alice", d: "instance/i", i: "1" });
    assert.equal(host.got[1]?.header.t, "cancel");
    accept(host, { t: "response", s: "instance/i", d: "control/alice", i: "1" });
    assert.deepEqual(alice.got, []);
  });

  it("answers what a lost session had not answered, and cancels what it had asked", () => {
    accept(alice, { t: "request", s: "control/alice", d: "instance/i", m: "x", i: "1" });
    router.send(frame({ t: "request", s: "controller", d: "host/h", m: "x", i: "2" }));
    router.sessionLost(host.session, new AppError("session-lost"));
    assert.match(alice.got[0]?.payload ?? "", /"session-lost"/);
    assert.match(local[0]?.payload ?? "", /"session-lost"/);
    accept(alice, { t: "request", s: "control/alice", d: "instance/i", m: "x", i: "3" });
    accept(alice, { t: "request", s: "control/alice", d: "controller", m: "x", i: "4" });
    router.sessionLost(alice.session, new AppError("session-lost"));
    assert.deepEqual([host.got.at(-1)?.header.t, host.got.at(-1)?.header.i], ["cancel", "3"]);
    assert.deepEqual([local.at(-1)?.header.t, local.at(-1)?.header.i], ["cancel", "4"]);
    router.sessionLost(host.session, new AppError("session-lost"));
    assert.equal(alice.got.length, 1);
  });

  it("bounds the requests of a session without an answer; those long past their deadline do not count", async () => {
    router = make({ maxForwarded: 2 });
    const ask = (i: string) =>
      accept(alice, { t: "request", s: "control/alice", d: "host/h", m: "x", i, x: 1000 });
    for (const i of ["1", "2", "3"]) ask(i);
    assert.equal(host.got.length, 2);
    assert.match(alice.got[0]?.payload ?? "", /"queue-full"/);
    await clock.advance(62_000);
    ask("4");
    assert.equal(host.got.length, 3);
  });

  it("gives a broadcast to all targets and to itself, one text for all", () => {
    const other = new FakeSession("host/other");
    router = make({
      broadcastTargets: (_to, from) => [host, other].map((one) => one.session).filter((one) => one !== from),
    });
    router.send(frame({ t: "event", s: "controller", d: "hosts", m: "x" }));
    assert.equal(host.got[0]?.payload, RAW);
    assert.equal(other.got[0]?.payload, RAW);
    host.fails = new AppError("peer-too-slow", {});
    accept(host, { t: "event", s: "host/h", d: "hosts", m: "x" });
    router.send(frame({ t: "event", s: "controller", d: "hosts", m: "x" }));
    assert.deepEqual([host.got.length, other.got.length], [1, 3]);
  });

  it("tells the asker when the answer is larger than its frames", () => {
    accept(alice, { t: "request", s: "control/alice", d: "host/h", m: "x", i: "1" });
    alice.fails = new AppError("frame-too-large", { bytes: 2, limit: 1 });
    accept(host, { t: "response", s: "host/h", d: "control/alice", i: "1" });
    assert.match(alice.got[0]?.payload ?? "", /"frame-too-large"/);
  });

  function make(options: Partial<RouterOptions> = {}): Router {
    return new Router({
      isLocal: (destination) => destination === "controller",
      local: {
        accept: (got, extra) => {
          local.push(got);
          users.push(extra?.user);
        },
      },
      sessionFor: (destination) => {
        const id = parseAddress(destination);
        if (destination === "host/away" || !id) throw new AppError("host-offline", { host: "away" });
        return host.session;
      },
      admit: ({ header }, from) => {
        if (header.s === "instance/of-another") {
          throw new AppError("source-refused", { peer: from.peer.address, source: header.s });
        }
      },
      userOf: (from) => `the user of ${from.peer.address}`,
      log: { warn: (text) => warnings.push(text) },
      clock,
      ...options,
    });
  }

  function accept(from: FakeSession, header: FrameHeader): void {
    router.accept(frame(header), from.session);
  }
});

function frame(header: FrameHeader): Frame {
  return { header, payload: RAW };
}

class FakeSession {
  readonly got: Frame[] = [];
  /** Thrown by the next send. */
  fails: AppError | undefined;
  readonly session: Session;

  constructor(address: AddressText) {
    const send = (sent: Frame) => {
      const error = this.fails;
      this.fails = undefined;
      if (error) throw error;
      this.got.push(sent);
    };
    this.session = { id: address, peer: { address }, send } as unknown as Session;
  }
}
