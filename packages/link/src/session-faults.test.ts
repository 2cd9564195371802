import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "@switchyard/protocol";
import { FakeClock } from "./fake-clock.js";
import type { Frame } from "./frame.js";
import { DEFAULT_LIMITS } from "./limits.js";
import { LinkClientCore } from "./link-client.js";
import { silentLog } from "./log.js";
import type { Session } from "./session.js";
import { SessionAcceptor } from "./session-acceptor.js";
import { createTransportPair, MessageInbox, type Transport } from "./transport.js";

type Step =
  | { do: "send"; side: "client" | "server"; count: number }
  | { do: "cut"; lose: number }
  | { do: "repeat" }
  | { do: "late" }
  | { do: "wait"; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      side: fc.constantFrom("client" as const, "server" as const),
      count: fc.integer({ min: 1, max: 100 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("cut" as const), lose: fc.integer({ min: 0, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("repeat" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("late" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(0, 1, 60, 4000) }),
  },
);

describe("sessions over bad transports", function () {
  this.timeout(20_000);

  it("deliver every frame exactly once and in order, whatever is cut, repeated or late", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const link = new BadLink();
        await link.run(steps);
        assert.deepEqual(link.got.server, link.sent.client);
        assert.deepEqual(link.got.client, link.sent.server);
        assert.equal(link.sessions, 1);
        assert.equal(link.clientSession.unackedFrames, 0);
        await link.close();
      }),
      { numRuns: 150 },
    );
  });

  it("never deliver out of order: swapped frames end the session after what was in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (count) => {
        const link = new BadLink();
        await link.start();
        link.swapNext = count;
        for (let n = 0; n < 40; n++) link.send("client");
        await link.clock.advance(100);
        assert.deepEqual(link.got.server, link.sent.client.slice(0, link.got.server.length));
        assert.ok(link.got.server.length < 40);
        assert.equal(link.reason?.code, "malformed-frame");
        await link.close();
      }),
      { numRuns: 30 },
    );
  });
});

/** A client and a server in one process, over transports that can be cut with frames in flight. */
class BadLink {
  readonly clock = new FakeClock();
  readonly got = { client: [] as string[], server: [] as string[] };
  readonly sent = { client: [] as string[], server: [] as string[] };
  sessions = 0;
  reason: AppError | undefined;
  swapNext = 0;
  clientSession!: Session;
  serverSession!: Session;
  readonly #acceptor = new SessionAcceptor({
    version: "1",
    limits: DEFAULT_LIMITS,
    clock: this.clock,
    log: silentLog,
    onSession: (session) => {
      this.sessions += 1;
      this.serverSession = session;
      session.onFrame((frame) => this.got.server.push(frame.payload));
      session.onState((_state, reason) => (this.reason ??= reason));
    },
  });
  readonly #ends: BadTransport[] = [];
  readonly #client = new LinkClientCore({
    identity: { version: "1" },
    log: silentLog,
    clock: this.clock,
    openTransport: () => Promise.resolve(this.#open()),
  });

  async start(): Promise<void> {
    this.#client.onSession((session) => {
      this.clientSession = session;
      session.onFrame((frame) => this.got.client.push(frame.payload));
    });
    this.#client.start();
    await this.clock.advance(0);
  }

  async run(steps: Step[]): Promise<void> {
    await this.start();
    for (const one of steps) {
      if (one.do === "send") for (let n = 0; n < one.count; n++) this.send(one.side);
      else if (one.do === "cut") this.#newest().forEach((end) => end.cut(one.lose));
      else if (one.do === "repeat") this.#newest().forEach((end) => end.repeat());
      else if (one.do === "late") this.#ends.forEach((end) => end.deliverStale());
      else await this.clock.advance(one.ms);
    }
    await this.clock.advance(20_000);
  }

  send(side: "client" | "server"): void {
    const payload = String(this.sent[side].length);
    this.sent[side].push(payload);
    const frame: Frame = { header: { t: "event", s: "host/a", d: "controller", m: "test" }, payload };
    (side === "client" ? this.clientSession : this.serverSession).send(frame);
  }

  async close(): Promise<void> {
    const closing = this.#client.close();
    this.#acceptor.close(new AppError("shutting-down", { what: "test" }));
    await this.clock.advance(0);
    await closing;
    assert.equal(this.clock.pending, 0);
  }

  #open(): Transport {
    const [near, far] = createTransportPair();
    const client = new BadTransport(near, () => this.#takeSwap());
    const server = new BadTransport(far, () => false);
    this.#ends.push(client, server);
    const peer = { kind: "host", id: "a", address: "host/a", version: "" } as const;
    void this.#acceptor.accept(server, peer);
    return client;
  }

  #takeSwap(): boolean {
    return this.swapNext > 0 && --this.swapNext === 0;
  }

  #newest(): BadTransport[] {
    return this.#ends.slice(-2);
  }
}

class BadTransport implements Transport {
  readonly bufferedBytes = 0;
  readonly #inbox = new MessageInbox();
  readonly #stale: string[] = [];
  readonly #closeListeners: ((code: number, reason: string) => void)[] = [];
  #last: string | undefined;
  #held: string | undefined;
  #closed = false;
  /** Texts that are still in flight when the connection breaks are lost. */
  #inFlight: string[] = [];

  constructor(
    private readonly under: Transport,
    private readonly swapsNow: () => boolean,
  ) {
    under.onMessage((text) => {
      if (this.#closed) {
        this.#stale.push(text);
        return;
      }
      if (!text.startsWith('{"t":"welcome"') && !text.startsWith('{"t":"hello"')) this.#last = text;
      this.#inbox.push(text);
    });
    under.onClose((code, reason) => this.#end(code, reason));
  }

  send(text: string): void {
    if (this.#closed) return;
    if (this.swapsNow() && text.startsWith('{"t":"event"')) {
      this.#held = text;
      return;
    }
    this.#push(text);
    if (this.#held !== undefined) this.#push(this.#held);
    this.#held = undefined;
  }

  #push(text: string): void {
    this.#inFlight.push(text);
    queueMicrotask(() => {
      const next = this.#inFlight.shift();
      if (next !== undefined) this.under.send(next);
    });
  }

  /** Loses the newest texts in flight, and closes without a word. */
  cut(lose: number): void {
    this.#stale.push(...this.#inFlight.splice(Math.max(0, this.#inFlight.length - lose)));
    this.under.terminate();
  }

  /** The newest text once more. */
  repeat(): void {
    if (this.#last !== undefined && !this.#closed) this.#inbox.push(this.#last);
  }

  /** What was lost by a cut comes after all, over a connection that was replaced. */
  deliverStale(): void {
    if (!this.#closed) return;
    for (const text of this.#stale.splice(0)) this.#inbox.push(text);
  }

  close(code: number, reason: string): void {
    this.under.close(code, reason);
  }

  terminate(): void {
    this.under.terminate();
  }

  onMessage(listener: ((text: string) => void) | undefined): void {
    this.#inbox.listen(listener);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#closeListeners.push(listener);
  }

  #end(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#closeListeners) listener(code, reason);
  }
}
