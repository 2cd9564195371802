import assert from "node:assert/strict";
import { FactorioError, utf8Bytes } from "@switchyard/factorio";
import { GameSender, partCommands } from "./game-sender.js";

describe("game sender", () => {
  function makeSender(reply: (command: string) => string | Promise<string>): {
    sender: GameSender;
    commands: string[];
  } {
    const commands: string[] = [];
    const sender = new GameSender({
      rcon: {
        send: async (command: string) => {
          commands.push(command);
          return reply(command);
        },
      },
      lane: "plugin:test",
      instanceName: () => "Alpha",
      signal: new AbortController().signal,
    });
    return { sender, commands };
  }

  it("sends a short message whole, as one line", async () => {
    const { sender, commands } = makeSender(() => "");
    await sender.send("a:b", JSON.stringify({ text: 'hi "there"\n' }));
    assert.deepEqual(commands, [
      '/sc switchyard_core.receive("a:b","{\\"text\\":\\"hi \\\\\\"there\\\\\\"\\\\n\\"}")',
    ]);
  });

  it("sends a long message in parts of at most 1,000 bytes, which together are the message", async () => {
    const { sender, commands } = makeSender(() => "");
    const json = JSON.stringify({ text: '"é\\𝄞\u0001'.repeat(500) });
    await sender.send("a:b", json);
    assert.ok(commands.length > 3);
    assert.ok(commands.every((command) => utf8Bytes(command) <= 1000 && !command.includes("\n")));
    const parts = commands.map(
      (command) => /^\/sc switchyard_core\.receive_part\("\w+",\d+,\d+,"(.*)"\)$/s.exec(command)?.[1] ?? "",
    );
    const whole = parts
      .join("")
      .replace(/\\(\d{3}|.)/g, (_, escape: string) =>
        escape.length === 3 ? String.fromCharCode(Number(escape)) : escape,
      );
    assert.equal(whole, `a:b\n${json}`);
  });

  it("numbers the parts", () => {
    const commands = partCommands("x".repeat(2000), "id1");
    assert.deepEqual(
      commands.map((command) => /\("id1",(\d+),(\d+),/.exec(command)?.slice(1, 3)),
      [
        ["1", "3"],
        ["2", "3"],
        ["3", "3"],
      ],
    );
  });

  it("keeps the order of messages, also when one fails", async () => {
    let calls = 0;
    const { sender, commands } = makeSender(async () => {
      calls += 1;
      if (calls === 1) return "Cannot execute command. Error: no such player\n";
      await Promise.resolve();
      return "";
    });
    const first = sender.send("a:b", `{"n":1,"text":"${"x".repeat(3000)}"}`);
    const second = sender.send("a:b", '{"n":2}');
    await assert.rejects(first, { code: "rcon-refused", message: /no such player/ });
    await second;
    assert.equal(commands.length, 2);
    assert.match(commands[1] ?? "", /receive\("a:b"/);
  });

  it("tells a lost connection apart", async () => {
    const { sender } = makeSender(() => Promise.reject(new FactorioError("rcon-lost", "gone")));
    await assert.rejects(sender.send("a:b", "{}"), { code: "rcon-lost" });
  });

  it("refuses what would wait without end", async () => {
    const { sender } = makeSender(() => "");
    const sent = Array.from({ length: 1000 }, () => sender.send("a:b", "{}"));
    await assert.rejects(sender.send("a:b", "{}"), { code: "queue-full" });
    await Promise.all(sent);
  });
});
