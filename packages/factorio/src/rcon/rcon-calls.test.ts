import assert from "node:assert/strict";
import { FactorioError } from "../errors.js";
import { batchCalls, MockCore, WARNING } from "../testing/mock-core.js";
import { MockRcon, type MockCommand } from "../testing/mock-rcon.js";
import { RconClient } from "./rcon-client.js";
import type { RconOptions } from "./rcon-options.js";

describe("calls over RCON", () => {
  let mock: MockRcon;
  let core: MockCore;
  let client: RconClient;

  beforeEach(async () => {
    mock = await MockRcon.listen();
    core = new MockCore();
    core.functions.set("echo", (text) => String(text));
    core.functions.set("fail", (text) => {
      throw new Error(String(text));
    });
    mock.onCommand = ({ text, reply }) => reply(text.startsWith("/sc ") ? core.run(text) : text);
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

  const echoes = (count: number): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => client.call("echo", [index])));

  it("go as one command when they are made at the same moment, each with its own result", async () => {
    await connect();
    const results = await Promise.allSettled([
      client.call("echo", ["a\nb\\c\0é𝄞"]),
      client.call("fail", ["no\nway"]),
      client.call("echo", [null, 1]),
      client.call("nothing.there", []),
    ]);
    assert.deepEqual(core.batches, [4]);
    assert.deepEqual(
      results.map((result) =>
        result.status === "fulfilled" ? result.value : (result.reason as FactorioError).detail["luaError"],
      ),
      ["a\nb\\c\0é𝄞", "no\nway", "null", "This save has no function nothing.there"],
    );
    const { reason } = results[1] as PromiseRejectedResult;
    assert(reason instanceof FactorioError && reason.code === "rcon-lua-error");
  });

  it("wait for a slot together, in commands of at most maxBatchBytes", async () => {
    await connect({ maxConcurrentCommands: 2, maxBatchBytes: 200 });
    assert.deepEqual(
      await echoes(50),
      Array.from({ length: 50 }, (_, index) => String(index)),
    );
    assert(mock.commands.length < 10, `${mock.commands.length} commands`);
    assert(mock.commands.every(({ text }) => text.length <= 200));
  });

  it("are sent alone when one of them is larger than a batch may be", async () => {
    await connect({ maxBatchBytes: 200 });
    const long = "x".repeat(500);
    assert.deepEqual(await Promise.all([client.call("echo", ["a"]), client.call("echo", [long])]), [
      "a",
      long,
    ]);
    assert.deepEqual(core.batches, [1, 1]);
  });

  it("keep their place between console commands of their lane", async () => {
    await connect({ maxConcurrentCommands: 1 });
    const held = client.send("/held");
    await Promise.all([
      held,
      client.call("echo", [1]),
      client.call("echo", [2], { lane: "urgent" }),
      client.send("/between"),
      client.call("echo", [3]),
      client.call("echo", [4]),
    ]);
    assert.deepEqual(
      mock.commands.map(({ text }) => batchCalls(text)?.map((call) => call[1]) ?? text),
      ["/held", [2], [1], "/between", [3, 4]],
    );
  });

  it("with one key run in their order, in one command or after one another, over all lanes", async () => {
    await connect({ maxConcurrentCommands: 3 });
    const ran: unknown[] = [];
    core.functions.set("note", (value) => String(ran.push(value)));
    const key = { ordered: "k" };
    const first = client.call("note", [1], key);
    await mock.received(1);
    await Promise.all([
      first,
      client.call("note", [2], { ...key, lane: "bulk" }),
      client.call("note", [3], key),
      client.call("note", [4], key),
      client.call("note", [5], { ...key, lane: "urgent" }),
    ]);
    assert.deepEqual(ran, [1, 2, 3, 4, 5]);
    assert.deepEqual(core.batches, [1, 1, 2, 1]);
  });

  it("are each rejected with rcon-lost when their command is lost, and are not repeated", async () => {
    await connect();
    mock.onCommand = () => undefined;
    const lost = Promise.allSettled(Array.from({ length: 20 }, () => client.call("echo", [1])));
    await mock.received(1);
    for (const socket of mock.sockets) socket.resetAndDestroy();
    for (const result of await lost) {
      assert(result.status === "rejected" && result.reason instanceof FactorioError);
      assert.equal(result.reason.code, "rcon-lost");
      assert.equal(result.reason.detail["sent"], true);
    }
    await client.ready();
    mock.onCommand = ({ text, reply }) => reply(core.run(text));
    assert.equal(await client.call("echo", ["after"]), "after");
    assert.equal(mock.commands.length, 2);
  });

  it("meet their own deadlines inside one command, which keeps its slot", async () => {
    await connect({ maxConcurrentCommands: 1 });
    let held: MockCommand | undefined;
    mock.onCommand = (command) => void (held = command);
    const patient = client.call("echo", ["patient"]);
    const hasty = assert.rejects(client.call("echo", ["hasty"], { timeoutMs: 20 }), {
      code: "rcon-timeout",
      detail: { sent: true, timeoutMs: 20 },
    });
    await hasty;
    assert.equal(client.inFlight, 1);
    held?.reply(core.run(held.text));
    assert.equal(await patient, "patient");
    assert.deepEqual([core.batches, client.inFlight], [[2], 0]);
  });

  it("count one by one for the limit of the queue", async () => {
    await connect({ maxQueuedCommands: 10, maxConcurrentCommands: 1 });
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => client.call("echo", [1])));
    const refused = results.filter(({ status }) => status === "rejected");
    assert.equal(refused.length, 2);
    assert.equal(((refused[0] as PromiseRejectedResult).reason as FactorioError).code, "rcon-queue-full");
  });

  it("refuse what cannot be a function's name or is too long", async () => {
    await connect({ maxCommandBytes: 1000 });
    assert.throws(() => client.call("os.exit()", []), TypeError);
    await assert.rejects(client.call("echo", ["x".repeat(1000)]), { code: "rcon-command-too-large" });
  });

  it("go alone, and in order, once the save has shown that it knows no batches", async () => {
    await connect({ maxConcurrentCommands: 2 });
    const missing = "attempt to index global 'switchyard_core' (a nil value)";
    mock.onCommand = ({ text, reply }) => {
      const error = `Cannot execute command. Error: (command):1: ${missing}\n`;
      const given = /^\/sc local r=(\w+)\((.*)\) if /.exec(text);
      if (given?.[1] === "fail") return reply("Cannot execute command. Error: no\n");
      reply(given ? (given[2] === "" ? "" : `${given[2] ?? ""}\n`) : error);
    };
    assert.deepEqual(await echoes(8), ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert.equal(await client.call("echo", []), "");
    await assert.rejects(client.call("fail", []), {
      code: "rcon-lua-error",
      detail: { sent: true, luaError: "no" },
    });
    assert.deepEqual(
      mock.commands.slice(1).map(({ text }) => /\((\d*)\)/.exec(text)?.[1]),
      ["0", "1", "2", "3", "4", "5", "6", "7", "", ""],
    );
  });

  for (const answer of [WARNING, ""]) {
    it(`run once each although the game first answers ${answer === "" ? "nothing" : "with a warning"}`, async () => {
      await connect();
      let isUsed = false;
      let warned = "";
      mock.onCommand = ({ text, reply }) => {
        isUsed ||= text === warned;
        warned = text;
        reply(isUsed ? core.run(text) : answer);
      };
      const first = echoes(3);
      await mock.received(1);
      assert.deepEqual(
        await Promise.all([first, echoes(2), client.call("echo", ["u"], { lane: "urgent" })]),
        [["0", "1", "2"], ["0", "1"], "u"],
      );
      assert.equal(
        core.batches.reduce((sum, count) => sum + count),
        6,
      );
    });
  }

  it("are refused by a game that never runs them", async () => {
    await connect();
    mock.onCommand = ({ reply }) => reply(WARNING);
    await assert.rejects(client.call("echo", [1]), { code: "rcon-lua-error", message: /achievements/ });
    assert.equal(mock.commands.length, 4);
    assert.deepEqual([client.queued, client.inFlight], [0, 0]);
  });

  it("are each told of an answer that cannot be read, and are not repeated", async () => {
    await connect();
    mock.onCommand = ({ reply }) => reply("batch 9\n+1\n");
    for (const result of await Promise.allSettled([client.call("echo", [1]), client.call("echo", [2])])) {
      assert(result.status === "rejected" && result.reason instanceof FactorioError);
      assert.equal(result.reason.code, "rcon-unexpected-output");
    }
    assert.equal(mock.commands.length, 1);
  });

  it("take their results from the end of a reply in which functions have printed", async () => {
    await connect();
    mock.onCommand = ({ text, reply }) => reply(`batch 1\n+printed\n${core.run(text)}`);
    assert.equal(await client.call("echo", ["result"]), "result");
  });

  it("from 200 callers come back once per tick, with five commands in flight", async () => {
    await connect();
    const stop = core.answerEvery(mock, 10);
    const beganAt = performance.now();
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        for (let index = 0; index < 5; index += 1) await client.call("echo", [index]);
      }),
    );
    stop();
    const took = performance.now() - beganAt;
    assert(mock.commands.length <= 30, `${mock.commands.length} commands for 1,000 calls`);
    assert(took < 1000, `it took ${took} ms`);
  });
});
