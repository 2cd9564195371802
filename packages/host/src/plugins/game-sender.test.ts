import assert from "node:assert/strict";
import { FactorioError } from "@switchyard/factorio";
import { GameSender } from "./game-sender.js";

interface Sent {
  how: "call" | "transfer";
  args: readonly unknown[];
  ordered: string | undefined;
  answer: (error?: Error) => void;
}

describe("game sender", () => {
  /** Answers at once unless `holds`. */
  function makeSender(holds = false): { sender: GameSender; sent: Sent[]; abort: AbortController } {
    const sent: Sent[] = [];
    const abort = new AbortController();
    const take = (how: Sent["how"], args: readonly unknown[], ordered: string | undefined): Promise<string> =>
      new Promise((resolve, reject) => {
        const answer = (error?: Error): void => (error ? reject(error) : resolve(""));
        sent.push({ how, args, ordered, answer });
        if (!holds) answer();
      });
    const sender = new GameSender({
      rcon: {
        send: () => Promise.reject(new Error("not expected")),
        call: (path, args, options) => take("call", [path, ...args], options?.ordered),
        transfer: (path, args, text, options) => take("transfer", [path, ...args, text], options?.ordered),
      },
      lane: "plugin:test",
      instanceName: () => "Alpha",
      signal: abort.signal,
    });
    return { sender, sent, abort };
  }

  const long = JSON.stringify({ text: "x".repeat(3000) });

  it("sends a short message as one call, in the order of its lane", async () => {
    const { sender, sent } = makeSender();
    await sender.send("a:b", '{"n":1}');
    assert.deepEqual(
      sent.map(({ how, args, ordered }) => ({ how, args, ordered })),
      [{ how: "call", args: ["switchyard_core.receive", "a:b", '{"n":1}'], ordered: "plugin:test" }],
    );
  });

  it("hands short messages on without waiting for the ones before, a limited number at once", async () => {
    const { sender, sent } = makeSender(true);
    const all = Array.from({ length: 150 }, (_, n) => sender.send("a:b", `{"n":${n}}`));
    assert.equal(sent.length, 100);
    for (let at = 0; at < 150; at += 1) {
      sent[at]?.answer();
      await all[at];
    }
    assert.deepEqual(
      sent.map(({ args }) => args[2]),
      Array.from({ length: 150 }, (_, n) => `{"n":${n}}`),
    );
  });

  it("transfers a message of more than 1,000 bytes, escaped, and holds those behind it back", async () => {
    const { sender, sent } = makeSender(true);
    const quotes = JSON.stringify({ text: '"'.repeat(300) });
    const all = [sender.send("a:b", "{}"), sender.send("a:b", quotes), sender.send("a:b", "{}")];
    assert.deepEqual(
      sent.map(({ how }) => how),
      ["call", "transfer"],
    );
    assert.deepEqual(sent[1]?.args, ["switchyard_core.receive", "a:b", quotes]);
    sent[1]?.answer();
    await all[1];
    assert.equal(sent.length, 3);
    for (const { answer } of sent) answer();
    await Promise.all(all);
  });

  it("goes on after a message that failed, and says what Lua said", async () => {
    const { sender, sent } = makeSender(true);
    const first = sender.send("a:b", long);
    const second = sender.send("a:b", "{}");
    const detail = { luaError: "no such player", sent: true };
    sent[0]?.answer(new FactorioError("rcon-lua-error", "Lua refused: no such player", { detail }));
    await assert.rejects(first, { code: "rcon-refused", message: /command: no such player$/ });
    sent[1]?.answer();
    await second;
  });

  it("tells a lost connection apart, and one that ends with its plugin", async () => {
    const { sender, sent, abort } = makeSender(true);
    const lost = sender.send("a:b", "{}");
    sent[0]?.answer(new FactorioError("rcon-lost", "gone"));
    await assert.rejects(lost, { code: "rcon-lost" });
    const cut = sender.send("a:b", long);
    abort.abort();
    sent[1]?.answer(new Error("aborted"));
    await assert.rejects(cut, { code: "rcon-lost" });
    await assert.rejects(sender.send("a:b", "{}"), { code: "rcon-lost" });
  });

  it("refuses what would wait without end", async () => {
    const { sender } = makeSender();
    const sent = Array.from({ length: 1000 }, () => sender.send("a:b", "{}"));
    await assert.rejects(sender.send("a:b", "{}"), { code: "queue-full" });
    await Promise.all(sent);
    await assert.rejects(sender.send("a:b", "x".repeat(9_000_000)), { code: "queue-full" });
    await sender.send("a:b", "{}");
  });
});
