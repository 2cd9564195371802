import assert from "node:assert/strict";
import { Type } from "typebox";
import { AppError, defineEvent, defineRequest } from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { Dispatcher } from "./dispatcher.js";
import type { DispatcherOptions, HandlerContext } from "./dispatcher-types.js";
import { FakeClock } from "./fake-clock.js";
import type { Frame } from "./frame.js";

const Greet = defineRequest({
  name: "test.greet",
  from: ["control"],
  to: "host",
  permission: null,
  params: Type.Object({ name: Type.String({ minLength: 1 }) }),
  result: Type.Object({ text: Type.String() }),
});
const Happened = defineEvent({
  name: "test.happened",
  from: ["control"],
  to: "host",
  permission: null,
  payload: Type.Object({ what: Type.String() }),
});
const compiler = createAjvCompiler();

describe("a dispatcher", () => {
  let clock: FakeClock;
  let warnings: { text: string; details: Record<string, unknown> | undefined }[];
  let frames: Frame[];

  beforeEach(() => {
    clock = new FakeClock();
    warnings = [];
    frames = [];
  });

  it("answers a request with what its handler returns, at once or later", async () => {
    const { asker, answerer } = couple();
    const remove = answerer.handle(Greet, ({ name }) => ({ text: `hi ${name}` }));
    assert.deepEqual(await greet(asker, "Ann"), { text: "hi Ann" });
    remove();
    answerer.handle(Greet, async ({ name }) => Promise.resolve({ text: `later ${name}` }));
    assert.deepEqual(await greet(asker, "Ann"), { text: "later Ann" });
    assert.equal(clock.pending, 0);
  });

  it("tells the handler who asks and whom", async () => {
    const { asker, answerer } = couple();
    let seen: HandlerContext | undefined;
    answerer.handle(Greet, (_params, context) => {
      seen = context;
      return { text: "" };
    });
    await asker.request(Greet, { name: "x" }, { to: "host/b", from: "control/me", traceId: "t1" });
    assert.equal(seen?.source, "control/me");
    assert.equal(seen.destination, "host/b");
    assert.equal(seen.traceId, "t1");
  });

  it("refuses params that do not fit, with the place, and does not call the handler", async () => {
    const { asker, answerer } = couple();
    answerer.handle(Greet, () => assert.fail("was called"));
    await assert.rejects(greet(asker, ""), (error: AppError) => {
      assert.equal(error.code, "bad-request");
      assert.match(error.message, /\/name/);
      return true;
    });
  });

  it("refuses payloads that are not JSON", () => {
    const { answerer } = couple();
    answerer.handle(Greet, () => assert.fail("was called"));
    answerer.accept({
      header: { t: "request", s: "host/a", d: "host/b", m: "test.greet", i: "1" },
      payload: "{",
    });
    assert.match(frames.at(-1)?.payload ?? "", /"bad-request"/);
  });

  it("refuses results that do not fit, at the asker", async () => {
    const { asker, answerer } = couple();
    answerer.handle(Greet, () => ({ text: 5 }) as never);
    await assert.rejects(greet(asker, "x"), isError("internal"));
  });

  it("refuses messages that are not known or that nobody handles", async () => {
    const { asker } = couple();
    await assert.rejects(greet(asker, "x"), isError("unknown-message"));
    const Other = defineRequest({ ...Greet, name: "test.other" });
    await assert.rejects(asker.request(Other, { name: "x" }, { to: "host/b" }), isError("unknown-message"));
  });

  it("passes on an AppError, and of other errors only the fact; the stack goes to the log", async () => {
    const { asker, answerer } = couple();
    const remove = answerer.handle(Greet, () => {
      throw new AppError("host-offline", { host: "b" });
    });
    await assert.rejects(greet(asker, "x"), (error: AppError) => {
      assert.deepEqual(error.toPayload(), new AppError("host-offline", { host: "b" }).toPayload());
      return true;
    });
    remove();
    answerer.handle(Greet, async () => Promise.reject(new TypeError("a bug")));
    await assert.rejects(greet(asker, "x"), isError("internal"));
    assert.ok(!frames.some((frame) => frame.payload.includes("dispatcher.test")));
    assert.match(String(warnings[0]?.details?.["stack"]), /a bug[^]*dispatcher\.test/);
  });

  it("lets authorize refuse before the handler and the params are looked at", async () => {
    const { asker, answerer } = couple({
      authorize: () => {
        throw new AppError("permission-denied", { permission: "x" });
      },
    });
    answerer.handle(Greet, () => assert.fail("was called"));
    await assert.rejects(greet(asker, ""), isError("permission-denied"));
  });

  it("streams progress until the answer", async () => {
    const { asker, answerer } = couple();
    let late: HandlerContext | undefined;
    answerer.handle(Greet, (_params, context) => {
      late = context;
      context.progress({ part: 1 });
      context.progress({ part: 2 });
      return { text: "done" };
    });
    const seen: unknown[] = [];
    await asker.request(Greet, { name: "x" }, { to: "host/b", onProgress: (value) => seen.push(value) });
    late?.progress({ part: 3 });
    assert.deepEqual(seen, [{ part: 1 }, { part: 2 }]);
  });

  it("aborts the handler when the asker cancels, and sends no answer", async () => {
    const { asker, answerer } = couple();
    let signal: AbortSignal | undefined;
    answerer.handle(Greet, (_params, context) => {
      signal = context.signal;
      return new Promise((_resolve, reject) => {
        context.signal.addEventListener("abort", () => reject(context.signal.reason as AppError));
      });
    });
    const abort = new AbortController();
    const answer = asker.request(Greet, { name: "x" }, { to: "host/b", signal: abort.signal });
    abort.abort();
    await assert.rejects(answer, isError("cancelled"));
    assert.equal((signal?.reason as AppError).code, "cancelled");
    await clock.advance(0);
    assert.deepEqual(
      frames.map((frame) => frame.header.t),
      ["request", "cancel"],
    );
    assert.equal(clock.pending, 0);
  });

  it("does not ask at all with a signal that is aborted already", async () => {
    const { asker } = couple();
    const answer = asker.request(Greet, { name: "x" }, { to: "host/b", signal: AbortSignal.abort() });
    await assert.rejects(answer, isError("cancelled"));
    assert.deepEqual(frames, []);
  });

  it("gives up at the deadline on both sides, and takes no answer that comes after it", async () => {
    const { asker, answerer } = couple();
    let finish = (_result: { text: string }) => {};
    let signal: AbortSignal | undefined;
    answerer.handle(Greet, (_params, context) => {
      signal = context.signal;
      return new Promise((resolve) => (finish = resolve));
    });
    const answer = asker.request(Greet, { name: "x" }, { to: "host/b", timeoutMs: 1000 });
    const rejected = assert.rejects(answer, isError("deadline-exceeded"));
    await clock.advance(999);
    assert.equal(signal?.aborted, false);
    await clock.advance(1);
    await rejected;
    assert.equal(signal.aborted, true);
    finish({ text: "late" });
    await clock.advance(0);
    assert.equal(clock.pending, 0);
  });

  it("aborts the handlers of an asker that is gone", async () => {
    const { asker, answerer } = couple();
    let signal: AbortSignal | undefined;
    answerer.handle(Greet, (_params, context) => {
      signal = context.signal;
      return new Promise(() => {});
    });
    const waiting = greet(asker, "x");
    answerer.abortFrom("host/a");
    assert.equal((signal?.reason as AppError).code, "peer-gone");
    asker.failPending((to) => to === "host/b", new AppError("session-lost"));
    await assert.rejects(waiting, isError("session-lost"));
  });

  it("handles a bounded number of requests of each source at a time", async () => {
    const { asker, answerer } = couple({ maxConcurrentRequests: 2 });
    const finish: (() => void)[] = [];
    answerer.handle(Greet, () => new Promise((resolve) => finish.push(() => resolve({ text: "" }))));
    const running = [greet(asker, "1"), greet(asker, "2")];
    await assert.rejects(greet(asker, "3"), isError("queue-full"));
    const other = asker.request(Greet, { name: "4" }, { to: "host/b", from: "control/other" });
    for (const end of finish.splice(0)) end();
    await Promise.all([...running, other]);
    const next = greet(asker, "5");
    for (const end of finish) end();
    await next;
  });

  it("bounds how many own requests wait", async () => {
    const { asker, answerer } = couple({ maxPendingRequests: 2 });
    answerer.handle(Greet, () => new Promise(() => {}));
    const waiting = [greet(asker, "1"), greet(asker, "2")];
    await assert.rejects(greet(asker, "3"), isError("queue-full"));
    asker.close();
    for (const one of waiting) await assert.rejects(one, isError("shutting-down"));
  });

  it("takes answers only from where the request went", async () => {
    const { asker, answerer } = couple();
    answerer.handle(Greet, () => new Promise(() => {}));
    const waiting = greet(asker, "x");
    const { i: id = "" } = frames[0]?.header ?? {};
    const forged = { t: "response", s: "host/evil", d: "host/a", i: id } as const;
    asker.accept({ header: forged, payload: '{"text":"forged"}' });
    assert.match(String(warnings[0]?.details?.["code"]), /source-refused/);
    asker.accept({ header: { ...forged, s: "host/b" }, payload: '{"text":"real"}' });
    assert.deepEqual(await waiting, { text: "real" });
  });

  it("rejects a request that cannot be sent, with the reason", async () => {
    const asker = new Dispatcher({
      address: "host/a",
      messages: [Greet],
      compiler,
      clock,
      send: () => {
        throw new AppError("peer-gone", { peer: "host/b" });
      },
    });
    await assert.rejects(greet(asker, "x"), isError("peer-gone"));
    assert.throws(() => asker.emit(Happened, { what: "x" }, { to: "host/b" }), isError("peer-gone"));
    assert.equal(clock.pending, 0);
  });

  it("answers with frame-too-large when the result is larger than a frame", async () => {
    const { asker, answerer } = couple({ maxPayload: 1000 });
    answerer.handle(Greet, () => ({ text: "x".repeat(2000) }));
    await assert.rejects(greet(asker, "x"), isError("frame-too-large"));
  });

  it("calls all listeners of an event, also when one fails", async () => {
    const { asker, answerer } = couple();
    const seen: string[] = [];
    answerer.on(Happened, () => Promise.reject(new Error("on purpose")));
    answerer.on(Happened, ({ what }) => void seen.push(what));
    const remove = answerer.on(Happened, ({ what }) => void seen.push(`${what} too`));
    asker.emit(Happened, { what: "it" }, { to: "host/b" });
    remove();
    asker.emit(Happened, { what: "more" }, { to: "hosts" });
    await clock.advance(0);
    assert.deepEqual(seen, ["it", "it too", "more"]);
    assert.equal(warnings.length, 2);
  });

  it("refuses events that do not fit, logged once", () => {
    const { asker, answerer } = couple();
    answerer.on(Happened, () => assert.fail("was called"));
    for (let n = 0; n < 3; n++) asker.emit(Happened, { what: 1 } as never, { to: "host/b" });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]?.text ?? "", /\/what/);
  });

  it("is silent after close: requests reject, handlers are aborted, askers are told", async () => {
    const { asker, answerer } = couple();
    let signal: AbortSignal | undefined;
    answerer.handle(Greet, (_params, context) => {
      signal = context.signal;
      return new Promise(() => {});
    });
    const waiting = greet(asker, "x");
    answerer.close();
    assert.equal(signal?.aborted, true);
    await assert.rejects(greet(asker, "y"), isError("shutting-down"));
    asker.close();
    await assert.rejects(waiting, isError("shutting-down"));
    await assert.rejects(greet(asker, "z"), isError("shutting-down"));
    assert.equal(clock.pending, 0);
  });

  it("has one handler per message and one message per name", () => {
    const { answerer } = couple();
    answerer.handle(Greet, () => ({ text: "" }));
    assert.throws(() => answerer.handle(Greet, () => ({ text: "" })), /handler already/);
    assert.throws(() => answerer.addMessages([{ ...Greet }]), /two messages/);
  });

  function couple({
    maxPayload = Infinity,
    ...options
  }: Partial<DispatcherOptions> & { maxPayload?: number } = {}) {
    const ends: Dispatcher[] = [];
    const make = (address: string, to: number): Dispatcher =>
      new Dispatcher({
        address,
        messages: [Greet, Happened],
        compiler,
        clock,
        log: { warn: (text, details) => warnings.push({ text, details }) },
        ...options,
        send: (frame) => {
          if (frame.payload.length > maxPayload)
            throw new AppError("frame-too-large", { bytes: 1, limit: 1 });
          frames.push(frame);
          ends[to]?.accept(frame);
        },
      });
    const [asker, answerer] = [make("host/a", 1), make("host/b", 0)];
    ends.push(asker, answerer);
    return { asker, answerer };
  }
});

function greet(asker: Dispatcher, name: string): Promise<{ text: string }> {
  return asker.request(Greet, { name }, { to: "host/b" });
}

function isError(code: string) {
  return (error: unknown) => error instanceof AppError && error.code === code;
}
