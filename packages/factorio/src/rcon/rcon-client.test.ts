import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { MockRcon, packet, type MockCommand } from "../testing/mock-rcon.js";
import { luaCall, luaString } from "./lua-text.js";
import { PacketFramer } from "./packet-framer.js";
import { RconClient, type RconEvent } from "./rcon-client.js";
import type { RconOptions } from "./rcon-options.js";

function happens(client: RconClient, event: RconEvent): Promise<string | undefined> {
  return new Promise((resolve) => {
    const off = client.on(event, (detail) => {
      off();
      resolve(detail);
    });
  });
}

describe("RconClient", () => {
  let mock: MockRcon;
  let clients: RconClient[];
  beforeEach(async () => {
    mock = await MockRcon.listen();
    clients = [];
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await mock.close();
  });

  function make(more: Partial<RconOptions> = {}): RconClient {
    const client = new RconClient({ port: mock.port, password: "secret", reconnectDelayMs: 5, ...more });
    clients.push(client);
    client.start();
    return client;
  }

  async function connected(more: Partial<RconOptions> = {}): Promise<RconClient> {
    const client = make(more);
    await client.ready();
    return client;
  }

  it("sends commands and gives replies as they are, in UTF-8, never with id 0", async () => {
    const client = await connected();
    assert.equal(await client.send("/sc rcon.print('ü🚀')\t"), "/sc rcon.print('ü🚀')\t");
    mock.onCommand = (command) => command.reply("");
    assert.equal(await client.send("/x", { expectEmpty: true }), "");
    mock.onCommand = (command) => command.reply("oops\n");
    await assert.rejects(client.send("/x", { expectEmpty: true }), { code: "rcon-unexpected-output" });
    assert(mock.commands.every((command) => command.id > 0));
  });

  it("matches replies that come split, joined and out of order", async () => {
    const client = await connected({ maxConcurrentCommands: 4 });
    const waiting: MockCommand[] = [];
    mock.onCommand = (command) => {
      waiting.push(command);
      if (waiting.length < 4) return;
      const bytes = Buffer.concat(waiting.reverse().map(({ id, text }) => packet(id, 0, `re ${text}`)));
      bytes.forEach((_, at) => command.socket.write(bytes.subarray(at, at + 1)));
    };
    const replies = await Promise.all(["/a", "/b", "/c", "/d"].map((command) => client.send(command)));
    assert.deepEqual(replies, ["re /a", "re /b", "re /c", "re /d"]);
  });

  it("takes a 20 MB reply in many pieces without blocking for long", async () => {
    const client = await connected();
    const text = "x".repeat(20_000_000);
    mock.onCommand = (command) => command.reply(text);
    const started = performance.now();
    assert.equal((await client.send("/big")).length, text.length);
    assert(performance.now() - started < 3000, "joined more than once");
  });

  for (const length of [-4, -2147483648, 0, 9, 2147483647]) {
    it(`drops a connection that announces a packet of ${length} bytes, and goes on with the next`, async () => {
      const client = await connected();
      mock.onCommand = (command) => {
        const bytes = Buffer.alloc(64);
        bytes.writeInt32LE(length, 0);
        command.socket.write(bytes);
      };
      const lost = happens(client, "lost");
      await assert.rejects(client.send("/a"), { code: "rcon-lost", detail: { sent: true } });
      assert.match((await lost) ?? "", /not RCON/);
      await client.ready();
      mock.onCommand = (command) => command.reply("ok");
      assert.equal(await client.send("/b"), "ok");
    });
  }

  it("rejects everything on a reset and replays nothing", async () => {
    const client = await connected({ maxConcurrentCommands: 2 });
    mock.onCommand = () => undefined;
    const sends = ["/1", "/2", "/3", "/4"].map((command) => client.send(command));
    const results = Promise.allSettled(sends);
    await mock.received(2);
    assert.deepEqual([client.inFlight, client.queued], [2, 2]);
    for (const socket of mock.sockets) socket.resetAndDestroy();
    const sent = (await results).map((result) => {
      assert(result.status === "rejected");
      const error = result.reason as { code: string; detail: { sent: boolean } };
      assert.equal(error.code, "rcon-lost");
      return error.detail.sent;
    });
    assert.deepEqual(sent, [true, true, false, false]);
    await assert.rejects(client.send("/5"), { code: "rcon-lost", detail: { sent: false } });
    await client.ready();
    mock.onCommand = (command) => command.reply("ok");
    assert.equal(await client.send("/6"), "ok");
    assert.deepEqual(
      mock.commands.map((command) => command.text),
      ["/1", "/2", "/6"],
    );
  });

  it("reports a wrong password once per try and keeps trying", async () => {
    mock.auth = "refuse";
    const client = make();
    await assert.rejects(client.ready(), { code: "rcon-auth-failed" });
    await assert.rejects(client.send("/a"), { code: "rcon-lost" });
    mock.auth = "check";
    await client.ready();
    assert.equal(await client.send("/a"), "/a");
  });

  it("gives up on a peer that does not answer the sign-in, and leaves no socket behind", async () => {
    mock.auth = "silent";
    const log: string[] = [];
    const client = make({ connectTimeoutMs: 30, log: (text) => log.push(text) });
    while (mock.connections < 3) await once(mock.server, "connection");
    assert(log.some((text) => text.includes("no sign-in within 30 ms")));
    await client.close();
    while (mock.sockets.size > 0) await new Promise(setImmediate);
  });

  it("keeps trying while nobody listens, and stops at close", async () => {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as { port: number };
    free.close();
    const tried = new Promise<void>((resolve) => {
      let count = 0;
      make({ port, log: () => ++count === 3 && resolve() });
    });
    await tried;
    const [client] = clients;
    const ready = client?.ready();
    await Promise.all([client?.close(), assert.rejects(ready ?? Promise.resolve(), { code: "rcon-lost" })]);
  });

  it("a command past its deadline keeps its slot until the reply; a waiting one was never sent", async () => {
    const client = await connected({ maxConcurrentCommands: 1 });
    mock.onCommand = () => undefined;
    const slow = client.send("/slow", { timeoutMs: 30 });
    const waiting = client.send("/waiting", { timeoutMs: 40 });
    const later = client.send("/later", { timeoutMs: 5000 });
    await assert.rejects(slow, { code: "rcon-timeout", detail: { sent: true, timeoutMs: 30 } });
    await assert.rejects(waiting, { code: "rcon-timeout", detail: { sent: false, timeoutMs: 40 } });
    assert.deepEqual([client.inFlight, client.queued, mock.commands.length], [1, 1, 1]);
    mock.onCommand = (command) => command.reply("ok");
    mock.commands[0]?.reply("late");
    assert.equal(await later, "ok");
    assert.deepEqual(
      mock.commands.map((command) => command.text),
      ["/slow", "/later"],
    );
    assert.equal(client.inFlight, 0);
  });

  it("runs lanes by urgency, keeps order inside a key, and leaves bulk one slot short", async () => {
    const client = await connected({ maxConcurrentCommands: 2 });
    mock.onCommand = () => undefined;
    const all = [
      client.send("/bulk1", { lane: "bulk" }),
      client.send("/bulk2", { lane: "bulk" }),
      client.send("/k1", { ordered: "k" }),
      client.send("/k2", { ordered: "k", lane: "urgent" }),
      client.send("/normal"),
      client.send("/urgent", { lane: "urgent" }),
    ];
    const done = Promise.all(all);
    await mock.received(2);
    for (let answered = 0; answered < all.length; answered++) {
      await mock.received(Math.min(answered + 2, all.length));
      mock.commands[answered]?.reply("");
    }
    await done;
    const order = mock.commands.map((command) => command.text);
    assert.deepEqual(order.slice(0, 2), ["/bulk1", "/k1"]);
    assert(order.indexOf("/k1") < order.indexOf("/k2"));
    assert(order.indexOf("/urgent") < order.indexOf("/normal"));
    assert.equal(order.at(-1), "/bulk2");
  });

  it("gives a lower lane a turn behind a busy one", async () => {
    const client = await connected({ maxConcurrentCommands: 1 });
    let sent = 0;
    let bulkDone = false;
    const again = async (): Promise<void> => {
      if (!bulkDone && sent++ < 500)
        await client.send("/urgent", { lane: "urgent" }).then(() => Promise.all([again(), again()]));
    };
    const urgent = Promise.all([again(), again()]);
    await client.send("/normal").then(() => (bulkDone = true));
    await urgent;
    assert(sent < 100, `${sent} urgent commands went first`);
  });

  it("refuses what cannot work, before the server sees it", async () => {
    const client = await connected({ maxQueuedCommands: 2, maxConcurrentCommands: 1, maxCommandBytes: 10 });
    await assert.rejects(client.send(""), { code: "rcon-empty-command" });
    await assert.rejects(client.send("  "), { code: "rcon-empty-command" });
    await assert.rejects(client.send("/a\n/b"), { code: "rcon-invalid-command" });
    await assert.rejects(client.send("/ü".repeat(4)), { code: "rcon-command-too-large" });
    mock.onCommand = () => undefined;
    const all = ["/1", "/2", "/3"].map((command) => client.send(command));
    const settled = Promise.allSettled(all);
    await assert.rejects(client.send("/4"), { code: "rcon-queue-full" });
    await client.close();
    assert((await settled).every((result) => result.status === "rejected"));
    await assert.rejects(client.send("/5"), { code: "rcon-lost" });
    await assert.rejects(client.ready(), { code: "rcon-lost" });
  });

  it("renews the connection before request ids run out, and loses nothing", async () => {
    const client = await connected({ maxCommandsPerConnection: 7, maxConcurrentCommands: 3 });
    const commands = Array.from({ length: 50 }, (_, index) => `/${index}`);
    assert.deepEqual(await Promise.all(commands.map((command) => client.send(command))), commands);
    assert(mock.connections >= 7);
    assert(mock.commands.every((command) => command.id <= 8));
  });

  it("waits for a peer that reads slowly", async () => {
    const client = await connected({ maxConcurrentCommands: 50 });
    const [socket] = mock.sockets;
    socket?.pause();
    const text = `/${"x".repeat(1_000_000)}`;
    const all = Promise.all(Array.from({ length: 30 }, () => client.send(text)));
    await new Promise(setImmediate);
    assert(client.queued > 0, "everything was written at once");
    socket?.resume();
    assert.equal((await all).length, 30);
  });
});

describe("PacketFramer", () => {
  it("gives the same packets however the bytes arrive", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 30 }), { maxLength: 10 }),
        fc.integer({ min: 1, max: 9 }),
        async (texts, size) => {
          const bytes = Buffer.concat(texts.map((text, id) => packet(id, 0, text)));
          const framer = new PacketFramer(1000);
          for (let at = 0; at < bytes.length; at += size) framer.write(bytes.subarray(at, at + size));
          framer.end();
          const packets: Buffer[] = [];
          for await (const one of framer) packets.push(one as Buffer);
          assert.deepEqual(
            packets,
            texts.map((text, id) => packet(id, 0, text)),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it("never hangs or fails otherwise than by an error, whatever comes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), async (chunks) => {
        const framer = new PacketFramer(100);
        const closed = new Promise((resolve) =>
          framer
            .on("error", () => undefined)
            .on("close", resolve)
            .resume(),
        );
        for (const chunk of chunks) framer.write(Buffer.from(chunk));
        framer.end();
        await closed;
      }),
      { numRuns: 200 },
    );
  });
});

describe("luaCall", () => {
  it("builds one line with every kind of argument", () => {
    const call = luaCall("switchyard_core.receive", ['a"b\\c\nd\0é', 1.5, -0, true, null, Infinity, NaN]);
    assert.equal(
      call,
      '/sc switchyard_core.receive("a\\"b\\\\c\\010d\\000é",1.5,0,true,nil,math.huge,(0/0))',
    );
    assert.throws(() => luaCall("a) os.exit(", []), TypeError);
    assert.throws(() => luaCall("a.1b", []), TypeError);
  });

  it("gives Lua the text back, byte for byte", function () {
    const texts = [
      "a\u2028b",
      "]]--\\",
      "\r\n\t\u0085\ufeff1",
      "0\u00001",
      "🚀",
      '"',
      ...fc.sample(fc.string({ unit: "binary" }), 200),
    ];
    const toHex = 'gsub(".", function(c) return ("%02x"):format(c:byte()) end)';
    const program = texts.map((text) => `io.write(((${luaString(text)}):${toHex}), ",")`);
    let output: string;
    try {
      output = execFileSync("lua5.2", ["-"], { input: program.join("\n"), encoding: "utf8" });
    } catch {
      console.log("      skipped: lua5.2 is not installed");
      this.skip();
    }
    for (const text of texts) assert.doesNotMatch(luaString(text), /[\n\r\0]/);
    const expected = texts.map((text) => Buffer.from(text, "utf8").toString("hex"));
    assert.deepEqual(output.split(",").slice(0, -1), expected);
  });
});
