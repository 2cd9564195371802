import assert from "node:assert/strict";
import { once } from "node:events";
import { MockRcon, packet, type MockCommand } from "../testing/mock-rcon.js";
import { DeadlineTimer } from "./deadline-timer.js";
import { RconClient } from "./rcon-client.js";
import type { RconOptions } from "./rcon-options.js";

describe("RconClient under many commands", () => {
  let mock: MockRcon;
  let client: RconClient;
  beforeEach(async () => void (mock = await MockRcon.listen()));
  afterEach(async () => {
    await client.close();
    await mock.close();
  });

  async function connect(more: Partial<RconOptions> = {}): Promise<void> {
    client = new RconClient({ port: mock.port, password: "secret", reconnectDelayMs: 5, ...more });
    client.start();
    await client.ready();
  }

  it("keeps small and large commands of one turn in order and whole", async () => {
    await connect({ maxConcurrentCommands: 100 });
    const commands = Array.from({ length: 100 }, (_, index) => `/${"é".repeat((index % 7) ** 5)}${index}`);
    assert.deepEqual(await Promise.all(commands.map((command) => client.send(command))), commands);
    assert.deepEqual(
      mock.commands.map(({ text }) => text),
      commands,
    );
  });

  it("ignores replies that nobody waits for", async () => {
    await connect();
    mock.onCommand = ({ id, text, socket }: MockCommand) => {
      socket.write(Buffer.concat([packet(-1, 0, "x"), packet(id + 100, 0, "y"), packet(id, 0, text)]));
      socket.write(packet(id, 0, "twice"));
    };
    assert.deepEqual([await client.send("/a"), await client.send("/b")], ["/a", "/b"]);
    assert.equal(client.inFlight, 0);
  });

  it("times out each command at its own deadline, whatever the order of the deadlines", async () => {
    await connect({ maxConcurrentCommands: 2 });
    mock.onCommand = () => undefined;
    const beganAt = performance.now();
    const times = [120, 40, 80, 20].map(async (timeoutMs) => {
      await assert.rejects(client.send("/x", { timeoutMs }), { code: "rcon-timeout" });
      const took = performance.now() - beganAt;
      assert(took >= timeoutMs - 1, `${timeoutMs} ms were over after ${took}`);
      return timeoutMs;
    });
    const order: number[] = [];
    await Promise.all(times.map((time) => time.then((timeoutMs) => order.push(timeoutMs))));
    assert.deepEqual(order, [20, 40, 80, 120]);
    assert.deepEqual([client.queued, client.inFlight], [0, 2]);
  });

  it("frees slots and keys of commands that were in flight when the connection went", async () => {
    await connect({ maxConcurrentCommands: 2 });
    mock.onCommand = () => undefined;
    const lost = [client.send("/a", { ordered: "k", lane: "bulk" }), client.send("/b", { ordered: "k" })];
    const settled = Promise.allSettled(lost);
    await mock.received(1);
    for (const socket of mock.sockets) socket.resetAndDestroy();
    assert((await settled).every(({ status }) => status === "rejected"));
    mock.onCommand = (command) => command.reply(command.text);
    await client.ready();
    assert.equal(client.inFlight, 0);
    assert.equal(await client.send("/c", { ordered: "k", lane: "bulk" }), "/c");
  });

  it("what was sent in the same turn as close() still goes out", async () => {
    await connect();
    mock.onCommand = () => undefined;
    const refused = assert.rejects(client.send("/last"), { code: "rcon-lost", detail: { sent: true } });
    await client.close();
    await refused;
    if (mock.commands.length === 0) await once(mock.server, "command");
    assert.equal(mock.commands[0]?.text, "/last");
  });
});

describe("DeadlineTimer", () => {
  it("wakes for the earliest deadline, then for what is left, and not after clear()", async () => {
    const deadlines = [30, 10, 20].map((ms) => performance.now() + ms);
    const woken: number[] = [];
    await new Promise<void>((resolve) => {
      const timer = new DeadlineTimer((now) => {
        const due = deadlines.filter((deadline) => deadline <= now);
        for (const deadline of due) woken.push(deadlines.splice(deadlines.indexOf(deadline), 1)[0] ?? 0);
        if (deadlines.length === 0) resolve();
        return Math.min(...deadlines);
      });
      for (const deadline of deadlines) timer.set(deadline);
    });
    assert.deepEqual(
      woken,
      [...woken].sort((a, b) => a - b),
    );
    let called = false;
    const timer = new DeadlineTimer(() => ((called = true), Infinity));
    timer.set(performance.now() + 1);
    timer.set(Infinity);
    timer.clear();
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(called, false);
  });
});
