import assert from "node:assert/strict";
import { AppError } from "@switchyard/protocol";
import { FakeClock } from "./fake-clock.js";
import { sayHello, type Hello, type Welcome } from "./handshake.js";
import { DEFAULT_LIMITS } from "./limits.js";
import { LinkClientCore } from "./link-client.js";
import { silentLog } from "./log.js";
import type { PeerIdentity, Session } from "./session.js";
import { SessionAcceptor } from "./session-acceptor.js";
import { createTransportPair, type Transport } from "./transport.js";

const HOST: PeerIdentity = { kind: "host", id: "a", address: "host/a", version: "" };

describe("accepting sessions", () => {
  let clock: FakeClock;
  let acceptor: SessionAcceptor;
  let sessions: Session[];

  beforeEach(() => {
    clock = new FakeClock();
    sessions = [];
    acceptor = new SessionAcceptor({
      version: "1",
      limits: DEFAULT_LIMITS,
      clock,
      log: silentLog,
      onSession: (session) => sessions.push(session),
    });
  });

  afterEach(() => {
    acceptor.close(new AppError("shutting-down", { what: "test" }));
    assert.equal(clock.pending, 0);
  });

  it("does not wait for a hello for more than ten seconds", async () => {
    const [near, far] = createTransportPair();
    const texts: string[] = [];
    near.onMessage((text) => texts.push(text));
    const accepted = acceptor.accept(far, HOST);
    await clock.advance(10_000);
    await accepted;
    assert.match(texts[0] ?? "", /"t":"bye"[^]*"deadline-exceeded"/);
  });

  it("says goodbye to those who are greeting when it closes", async () => {
    const [near, far] = createTransportPair();
    const texts: string[] = [];
    near.onMessage((text) => texts.push(text));
    const accepted = acceptor.accept(far, HOST);
    acceptor.close(new AppError("shutting-down", { what: "test" }));
    await accepted;
    assert.match(texts[0] ?? "", /"shutting-down"/);
  });

  it("tells a client why its session was lost", async () => {
    const { welcome } = await greet({});
    const session = sessions[0];
    session?.abandon(new AppError("peer-too-slow", { peer: "host/a", bytes: 9 }));
    const { welcome: next } = await greet({ session: welcome.session, lastSeq: 0 });
    assert.equal(next.resumed, false);
    assert.equal((next.lost as { code: string }).code, "peer-too-slow");
  });

  it("does not resume from a count that cannot be", async () => {
    const { welcome } = await greet({});
    const { welcome: next } = await greet({ session: welcome.session, lastSeq: 5 });
    assert.equal(next.resumed, false);
    assert.equal(sessions[0]?.state, "lost");
    assert.equal(acceptor.sessions.size, 1);
  });

  it("gives up a session that is not resumed within the window", async () => {
    const { transport } = await greet({});
    transport.terminate();
    await clock.advance(DEFAULT_LIMITS.resumeWindowMs - 1);
    assert.equal(sessions[0]?.state, "away");
    await clock.advance(1);
    assert.equal(sessions[0].state, "lost");
    assert.equal(acceptor.sessions.size, 0);
  });

  it("gives sessions ids that cannot be guessed", async () => {
    const ids = new Set<string>();
    for (let n = 0; n < 50; n++) ids.add((await greet({})).welcome.session);
    assert.equal(ids.size, 50);
    for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  });

  async function greet(values: Partial<Hello>): Promise<{ welcome: Welcome; transport: Transport }> {
    const [near, far] = createTransportPair();
    void acceptor.accept(far, HOST);
    const welcome = await sayHello(near, { version: "1", maxFrameBytes: 1000, ...values }, clock);
    await clock.advance(0);
    return { welcome, transport: near };
  }
});

describe("a link client that finds no controller", () => {
  it("tries again with full jitter between nothing and a bound that doubles up to 3 s", async () => {
    const clock = new FakeClock();
    const attempts: number[] = [];
    const client = clientThat(clock, () => {
      attempts.push(clock.now());
      return new AppError("controller-unreachable", { url: "x", reason: "test" });
    });
    client.start();
    await clock.advance(20_000);
    const pauses = attempts.slice(1).map((at, n) => at - (attempts[n] ?? 0));
    // The random source of this test always gives 0.5.
    assert.deepEqual(pauses.slice(0, 8), [50, 100, 200, 400, 800, 1500, 1500, 1500]);
    await client.close();
    assert.equal(clock.pending, 0);
  });

  it("tries again slowly after a refusal, at once when told to", async () => {
    const clock = new FakeClock();
    let attempts = 0;
    const client = clientThat(clock, () => {
      attempts += 1;
      return new AppError("token-unknown");
    });
    const states: string[] = [];
    client.onState((state) => states.push(state));
    client.start();
    await clock.advance(20_000);
    assert.equal(attempts, 1);
    await clock.advance(10_000);
    assert.equal(attempts, 2);
    client.retryNow();
    await clock.advance(0);
    assert.equal(attempts, 3);
    assert.deepEqual(states, ["refused"]);
    await client.close();
    await assert.rejects(client.opened());
    assert.equal(clock.pending, 0);
  });

  it("gives up waiting by the signal, with the reason why it is not open", async () => {
    const clock = new FakeClock();
    const client = clientThat(clock, () => new AppError("controller-unreachable", { url: "x", reason: "r" }));
    client.start();
    await clock.advance(0);
    const abort = new AbortController();
    const waiting = client.opened(abort.signal);
    abort.abort();
    await assert.rejects(waiting, (error: AppError) => error.code === "controller-unreachable");
    await client.close();
  });

  function clientThat(clock: FakeClock, failsWith: () => AppError): LinkClientCore {
    return new LinkClientCore({
      openTransport: () => Promise.reject(failsWith()),
      identity: { version: "1" },
      log: silentLog,
      clock,
      random: () => 0.5,
    });
  }
});
