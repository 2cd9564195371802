import assert from "node:assert/strict";
import type { AppError, Host, Instance } from "@switchyard/protocol";
import { explainError } from "../errors.js";
import { pick } from "../names.js";
import { FakeIo } from "../testing/fake-io.js";
import { nearest } from "../usage.js";
import { coloursFor } from "./colours.js";
import { Output } from "./output.js";
import { durationMs } from "./secrets.js";
import { printable, renderTable } from "./table.js";
import { fileSize, relativeTime } from "./time.js";
import { instanceView, renderInstances } from "./views.js";

const PLAIN = coloursFor({ write: () => true, isTTY: false }, {});
const HOST: Host = {
  ...{ id: "h1", name: "host-1", connected: true, version: "0.1.0", platform: "linux-x64" },
  ...{ publicAddress: "localhost", installs: [], lastSeenAtMs: 0 },
};
const INSTANCE: Instance = {
  id: "i1",
  spec: {
    ...{ id: "i1", name: "alpha", hostId: "h1", factorioVersion: "latest", gamePort: null },
    ...{ autoStart: true, firstSave: null, settings: {} },
  },
  status: {
    ...{ state: "running", sinceMs: 820_000, words: "", gamePort: 34_200, factorioVersion: "2.0.77" },
    ...{ isSimulator: true, save: "world.zip", players: ["Anna"] },
  },
};

describe("output", () => {
  it("has colours on a terminal only, and not when the person wants none", () => {
    const terminal = new FakeIo("/", { isTTY: true }).stdout;
    assert.equal(coloursFor(terminal, {}).red("x"), "\u001b[31mx\u001b[39m");
    assert.equal(coloursFor(terminal, { NO_COLOR: "1" }).red("x"), "x");
    assert.equal(coloursFor(terminal, { TERM: "dumb" }).red("x"), "x");
    assert.equal(PLAIN.red("x"), "x");
  });

  it("shows instances with their host, state and how long", () => {
    const [heading, row] = renderInstances([instanceView(INSTANCE, [HOST])], 1_000_000, PLAIN).split("\n");
    assert.match(heading ?? "", /^NAME +STATE +SINCE +HOST +PORT +FACTORIO +PLAYERS +ID$/);
    assert.match(row ?? "", /^alpha +running +3 min ago +host-1 +34200 +2\.0\.77 \(simulator\) +1 +i1$/);
  });

  it("keeps a table whole whatever the names hold", () => {
    const table = renderTable(["A", "B"], [["x\ny\u001b[2Jz", "b"]], PLAIN);
    assert.equal(table.split("\n").length, 3);
    assert.doesNotMatch(table, /\u001b/);
    assert.equal(printable("a\u0007b\u001b]0;title\u0007"), "a�b�]0;title�");
  });

  it("gives one document or one object per line", async () => {
    const io = new FakeIo("/");
    const output = new Output("json", io);
    await output.item({ a: 1 }, () => "never");
    await output.item({ a: 2 }, () => "never");
    assert.equal(io.stdout.text, '{"a":1}\n{"a":2}\n');
    output.note("for people only");
    assert.equal(io.stderr.text, "");
  });

  it("draws the line of running work on a terminal only", async () => {
    for (const isTTY of [true, false]) {
      const io = new FakeIo("/", { isTTY });
      await new Output("table", io).during("Starting alpha", () => Promise.resolve());
      assert.equal(io.stderr.text.includes("Starting alpha"), isTTY);
      assert.equal(io.stdout.text, "");
    }
  });

  it("writes times and sizes as people read them", () => {
    assert.equal(relativeTime(0, 500), "now");
    assert.equal(relativeTime(0, 59_000), "59 s ago");
    assert.equal(relativeTime(0, 3 * 3_600_000), "3 h ago");
    assert.equal(relativeTime(14 * 60_000, 0), "in 14 min");
    assert.equal(fileSize(3 * 1024 * 1024), "3.0 MiB");
    assert.equal(durationMs("7d"), 7 * 86_400_000);
    assert.throws(() => durationMs("soon"), { code: "usage" });
  });
});

describe("names", () => {
  const entries = [
    { id: "a1", name: "alpha" },
    { id: "a2", name: "twin" },
    { id: "a3", name: "twin" },
    { id: "alpha", name: "other" },
  ];

  it("prefer an id, then the exact name, then whatever the case", () => {
    assert.equal(pick(entries, "alpha", "instance")?.id, "alpha");
    assert.equal(pick(entries, "OTHER", "instance")?.id, "alpha");
    assert.equal(pick(entries, "nobody", "instance"), undefined);
  });

  it("that fit two are refused with their ids", () => {
    assert.throws(
      () => pick(entries, "twin", "instance"),
      (error: AppError) => {
        assert.equal(error.code, "name-ambiguous");
        assert.equal(error.exitCode, 2);
        assert.match(error.message, /a2, a3/);
        return true;
      },
    );
  });

  it("near to a known one are found", () => {
    assert.equal(nearest("strat", ["start", "stop"]), "start");
    assert.equal(nearest("send", ["send-rcon", "list"]), "send-rcon");
    assert.equal(nearest("xyz", ["start", "stop"]), undefined);
  });
});

describe("errors", () => {
  it("of the game package and the system become sentences with exit codes", () => {
    const torn = Object.assign(new Error("The save is torn."), {
      ...{ name: "FactorioError", code: "save-torn", detail: {} },
    });
    assert.equal(explainError(torn).code, "save-refused");
    assert.equal(explainError(torn).exitCode, 2);
    const full = Object.assign(new Error("no space"), { code: "ENOSPC", path: "/x" });
    assert.equal(explainError(full).exitCode, 8);
    assert.equal(explainError(new TypeError("bug")).exitCode, 10);
  });
});
