import assert from "node:assert/strict";
import { IpcDecoder } from "../ipc/ipc-decoder.js";
import { OrderedDelivery } from "./ordered-delivery.js";

/** A promise that the test settles. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe("ordered delivery", () => {
  let handled: string[];
  let gates: Map<string, Promise<void>>;
  let delivery: OrderedDelivery;

  beforeEach(() => {
    handled = [];
    gates = new Map();
    const handle = (name: string): Promise<void> | undefined => {
      const opened = gates.get(name);
      if (opened) return opened.then(() => void handled.push(name));
      handled.push(name);
      return undefined;
    };
    const ipc = new IpcDecoder({
      scriptOutputDir: "/nowhere",
      onMessage: ({ payload }) => handle(String(payload)),
      onDeadLetter: ({ line }) => void handled.push(`dead ${line}`),
    });
    delivery = new OrderedDelivery(ipc, (event) => handle(event.type));
  });

  const message = (name: string, at: number): boolean => {
    const line = `\f$ipc:x?j"${name}"`;
    return delivery.message(line, line.length, at);
  };

  it("hands quick ones on at once", () => {
    assert.equal(delivery.message("no message", 10, 0), false);
    message("a", 0);
    delivery.event({ type: "goodbye" }, 8, 10);
    message("b", 18);
    assert.deepEqual(handled, ["a", "goodbye", "b"]);
    assert.equal(delivery.oldest, undefined);
  });

  it("keeps messages and events in the order of their lines, however slow one is", async () => {
    const slow = gate();
    gates.set("a", slow.opened);
    message("a", 0);
    delivery.event({ type: "goodbye" }, 8, 10);
    delivery.message("\f$ipc:bad", 9, 18);
    message("b", 27);
    assert.deepEqual(handled, []);
    assert.equal(delivery.oldest, 0);
    slow.open();
    await delivery.drained();
    assert.deepEqual(handled, ["a", "goodbye", "dead \f$ipc:bad", "b"]);
    assert.equal(delivery.oldest, undefined);
  });

  it("says when too much waits", async () => {
    const slow = gate();
    gates.set("0", slow.opened);
    for (let at = 0; at < 300; at += 1) message(String(at), at);
    assert.equal(delivery.isReady, false);
    let isReady = false;
    const ready = delivery.ready().then(() => (isReady = true));
    await new Promise(setImmediate);
    assert.equal(isReady, false);
    slow.open();
    await ready;
    await delivery.drained();
    assert.equal(handled.length, 300);
  });

  it("counts a line as done only when nobody holds it", async () => {
    message("a", 5);
    const first = delivery.hold(5);
    message("b", 15);
    const second = delivery.hold(15);
    const again = delivery.hold(5);
    assert.equal(delivery.oldest, 5);
    first();
    first();
    assert.equal(delivery.oldest, 5);
    second();
    const settled = delivery.settled();
    again();
    await settled;
    assert.equal(delivery.oldest, undefined);
  });
});
