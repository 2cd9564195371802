import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { MockCore } from "../testing/mock-core.js";
import { MockRcon } from "../testing/mock-rcon.js";
import { adler32 } from "./bulk-transfer.js";
import { RconClient } from "./rcon-client.js";
import type { RconOptions, TransferOptions } from "./rcon-options.js";
import { SegmentBudget } from "./segment-budget.js";

/** Does not compress: twice as many characters as bytes, at four bits each. */
const noise = (bytes: number): string => randomBytes(bytes).toString("hex");

describe("a bulk transfer", () => {
  let mock: MockRcon;
  let core: MockCore;
  let client: RconClient;

  beforeEach(async () => {
    mock = await MockRcon.listen();
    core = new MockCore();
    core.functions.set("echo", (text) => String(text));
    mock.onCommand = ({ text, reply }) => reply(core.run(text));
  });
  afterEach(async () => {
    await client.close();
    await mock.close();
  });

  async function connect(more: Partial<RconOptions> = {}): Promise<void> {
    client = new RconClient({ port: mock.port, password: "secret", reconnectDelayMs: 5, ...more });
    client.start();
    await client.ready();
  }

  const transfer = (text: string, options?: TransferOptions): Promise<string> =>
    client.transfer("store", ["a"], text, options);
  const partsSent = (): number => mock.commands.filter(({ text }) => text.includes(".bulk_part")).length;
  const delivered = (): string[] => core.delivered.map(({ text }) => text);

  it("delivers the text and gives the function's result", async () => {
    await connect();
    const text = `é𝄞\0"${noise(50_000)}`;
    assert.equal(await transfer(text), "1");
    assert.deepEqual(core.delivered, [{ path: "store", args: ["a"], text }]);
    assert(mock.commands.every(({ text: command }) => Buffer.byteLength(command) <= 16_384));
  });

  it("takes one command when the text is small once compressed", async () => {
    await connect();
    await transfer("the same again, ".repeat(10_000));
    assert.equal(mock.commands.length, 1);
  });

  it("keeps each command within maxBulkBytes, frame and all", async () => {
    await connect({ maxBulkBytes: 1000, maxBatchBytes: 100 });
    await transfer(noise(20_000));
    const sizes = mock.commands.map(({ text }) => Buffer.byteLength(text));
    assert(Math.max(...sizes) <= 1000 && Math.max(...sizes) > 980, `at most ${Math.max(...sizes)}`);
  });

  it("uses all slots but one, and lets urgent commands pass", async () => {
    await connect({ maxConcurrentCommands: 3, maxBulkBytes: 1000, maxBatchBytes: 100 });
    const waiting: (() => void)[] = [];
    mock.onCommand = ({ text, reply }) => void waiting.push(() => reply(core.run(text)));
    const sending = transfer(noise(3000));
    await mock.received(2);
    assert.equal(client.inFlight, 2);
    const urgent = client.call("echo", ["now"], { lane: "urgent" });
    await mock.received(3);
    waiting[2]?.();
    assert.equal(await urgent, "now");
    mock.onCommand = ({ text, reply }) => reply(core.run(text));
    for (const answer of waiting.slice(0, 2)) answer();
    await sending;
  });

  it("goes on with what is missing after lost connections, and is applied once", async () => {
    await connect({ maxBulkBytes: 1000, maxBatchBytes: 100 });
    const text = noise(60_000);
    let received = 0;
    mock.onCommand = ({ text: command, reply, socket }) => {
      received += 1;
      // every 25th: half of them run and lose only their answer
      if (received % 25 !== 0) return reply(core.run(command));
      if (received % 50 === 0) core.run(command);
      socket.resetAndDestroy();
    };
    await transfer(text, { ordered: "k" });
    assert.deepEqual(delivered(), [text]);
    assert(mock.connections > 3, `${mock.connections} connections`);
    assert(received < 180, `${received} commands for about 90 parts`);
  });

  it("is applied once when the answer to the last command is lost", async () => {
    await connect();
    let isLost = false;
    mock.onCommand = ({ text: command, reply, socket }) => {
      const answer = core.run(command);
      if (isLost || !command.includes(".bulk_finish")) return reply(answer);
      isLost = true;
      socket.resetAndDestroy();
    };
    assert.equal(await transfer("once"), "1");
    assert.deepEqual(delivered(), ["once"]);
  });

  it("waits for a connection that is not there yet", async () => {
    await connect();
    for (const socket of mock.sockets) socket.destroy();
    while (client.connected) await new Promise(setImmediate);
    assert.equal(await transfer("text"), "1");
  });

  it("sends again what the game has lost", async () => {
    await connect({ maxBulkBytes: 1000, maxBatchBytes: 100 });
    let dropped = 0;
    mock.onCommand = ({ text, reply }) => {
      const isDropped = text.includes(".bulk_part") && dropped < 3;
      dropped += isDropped ? 1 : 0;
      reply(isDropped ? "batch 1\n+\n" : core.run(text));
    };
    const text = noise(5000);
    await transfer(text);
    assert.deepEqual(delivered(), [text]);
  });

  it("gives up a game that always misses parts", async () => {
    await connect();
    mock.onCommand = ({ text, reply }) =>
      reply(text.includes("finish") ? "batch 1\n+?0-5\n" : core.run(text));
    await assert.rejects(transfer("text"), { code: "rcon-unexpected-output" });
  });

  it("waits while the queue is full", async () => {
    await connect({ maxQueuedCommands: 1, maxConcurrentCommands: 2, maxBulkBytes: 1000, maxBatchBytes: 100 });
    const text = noise(10_000);
    await transfer(text);
    assert.deepEqual(delivered(), [text]);
  });

  it("keeps several texts apart, and their functions in the order of one key", async () => {
    await connect({ maxBulkBytes: 1000 });
    const texts = [noise(3000), noise(2000), noise(1000), "small", noise(2500), "tiny"];
    await Promise.all(texts.map((text) => transfer(text)));
    assert.deepEqual(new Set(delivered()), new Set(texts));
  });

  it("ends at its deadline and has the game forget it", async () => {
    await connect();
    mock.onCommand = ({ text, reply }) => {
      if (!text.includes(".bulk_part")) reply(core.run(text));
    };
    await assert.rejects(transfer(noise(50_000), { timeoutMs: 50 }), { code: "rcon-timeout" });
    while (!mock.commands.some(({ text }) => text.includes(".bulk_forget")))
      await mock.received(mock.commands.length + 1);
  });

  it("ends with the reason of its signal, also while it waits for its turn", async () => {
    await connect();
    mock.onCommand = () => undefined;
    const abort = new AbortController();
    const sent = Array.from({ length: 9 }, (_, index) => transfer(`${index}`, { signal: abort.signal }));
    const settled = Promise.allSettled(sent);
    await mock.received(1);
    abort.abort(new Error("no longer wanted"));
    for (const result of await settled)
      assert.match(String((result as PromiseRejectedResult).reason), /no longer/);
    mock.onCommand = ({ text, reply }) => reply(core.run(text));
    await client.close();
    await connect();
    assert.equal(await transfer("after"), "1");
  });

  it("ends when the client is closed", async () => {
    await connect();
    mock.onCommand = () => undefined;
    const refused = assert.rejects(transfer("text"), { code: "rcon-lost" });
    await mock.received(1);
    await client.close();
    await refused;
  });

  it("is refused by a save without the core module, and when it is too long even compressed", async () => {
    await connect();
    mock.onCommand = ({ reply }) =>
      reply(
        "Cannot execute command. Error: (command):1: attempt to index global 'switchyard_core' (a nil value)\n",
      );
    await assert.rejects(transfer("text"), { code: "rcon-lua-error" });
    await assert.rejects(transfer(noise(4 * 1024 * 1024)), { code: "rcon-command-too-large" });
  });

  it("while players are online leaves the link to others after a few segments' worth", async () => {
    await connect();
    client.setPlayersOnline(1);
    const held: { bytes: number; answer: () => void }[] = [];
    let most = 0;
    mock.onCommand = ({ text, reply }) => {
      held.push({ bytes: Buffer.byteLength(text), answer: () => reply(core.run(text)) });
      most = Math.max(
        most,
        held.reduce((sum, { bytes }) => sum + bytes, 0),
      );
      setImmediate(() => held.shift()?.answer());
    };
    const text = noise(10_000);
    await transfer(text);
    assert.deepEqual(delivered(), [text]);
    assert(partsSent() >= 12);
    assert(most <= 1600, `${most} bytes were under way`);
  });
});

describe("segment sizes", () => {
  it("fall from 100 bytes with 10 players to 25 with 20, and nobody online means no limit", () => {
    const budget = new SegmentBudget({});
    const sizes = [0, 1, 10, 15, 20, 100].map((players) => {
      budget.setPlayers(players);
      return budget.bytesPerTick;
    });
    assert.deepEqual(sizes, [Infinity, 100, 100, 62.5, 25, 25]);
  });
});

describe("adler32", () => {
  it("is that of zlib", () => {
    assert.equal(adler32("Wikipedia"), 0x11e60398);
    assert.equal(adler32(""), 1);
    assert.equal(adler32("z".repeat(300_000)), reference("z".repeat(300_000)));
  });

  function reference(text: string): number {
    let a = 1;
    let b = 0;
    for (const character of text) {
      a = (a + character.charCodeAt(0)) % 65_521;
      b = (b + a) % 65_521;
    }
    return b * 65_536 + a;
  }
});
