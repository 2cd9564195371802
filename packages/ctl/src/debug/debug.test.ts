import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCtl } from "../command-line.js";
import { FakeIo, withFolder } from "../testing/fake-io.js";

const FIXTURES = fileURLToPath(new URL("../../../../../shared/fixtures/", import.meta.url));

async function runJson(args: string[], folder: string): Promise<Record<string, unknown>> {
  const io = new FakeIo(folder);
  assert.equal(await runCtl([...args, "--output", "json"], io), 0, io.stderr.text);
  return JSON.parse(io.stdout.text) as Record<string, unknown>;
}

async function makeModule(folder: string): Promise<string> {
  const directory = join(folder, "greeter");
  await mkdir(directory);
  const manifest = {
    name: "greeter",
    version: "1.0.0",
    load: ["greeter.lua"],
    require: [],
    dependencies: {},
  };
  await writeFile(join(directory, "module.json"), JSON.stringify(manifest));
  await writeFile(join(directory, "greeter.lua"), "return {}\n");
  return directory;
}

describe("debug parse-log", () => {
  it("gives every line of standard input with its shape, and a summary", async () => {
    const input =
      '   1.5 Goodbye\n2025-07-20 11:18:47 [JOIN] Anna joined the game\n\f$ipc:a?j{"x":1}\nplain\n';
    const io = new FakeIo("/tmp", { input });
    assert.equal(await runCtl(["debug", "parse-log", "-", "-o", "json"], io), 0, io.stderr.text);
    const report = JSON.parse(io.stdout.text) as {
      lines: { shape: string }[];
      shapes: object;
      failure: null;
    };
    assert.deepEqual(
      report.lines.map((line) => line.shape),
      ["engine", "action", "ipc", "bare"],
    );
    assert.equal(report.failure, null);
  });

  it("is one document for an empty log too", async () => {
    const io = new FakeIo("/tmp", { input: "" });
    assert.equal(await runCtl(["debug", "parse-log", "-", "-o", "json"], io), 0);
    assert.deepEqual((JSON.parse(io.stdout.text) as { lines: unknown[] }).lines, []);
  });

  it("says that there is no such file", async () => {
    const io = new FakeIo("/tmp");
    assert.equal(await runCtl(["debug", "parse-log", "/nowhere.txt"], io), 3);
    assert.equal(io.stderr.text, "Error: There is no file /nowhere.txt\n");
  });

  it("tells why a start failed", async function () {
    const file = join(FIXTURES, "logs", "headless-2.0.55-start-failure.txt");
    if (!existsSync(file)) return skip(this, file);
    const report = await runJson(["debug", "parse-log", file], "/tmp");
    assert.equal(report["lineCount"], (await readFile(file, "utf8")).trimEnd().split("\n").length);
    assert.deepEqual(report["versions"], ["2.0.55"]);
    assert.equal((report["failure"] as { reason: string }).reason, "no-permission");
  });
});

describe("debug inspect-save and patch-save", () => {
  it("show a save and write a patched copy, which patching again leaves as it is", async function () {
    const save = join(FIXTURES, "saves", "vanilla-2.0.55.zip");
    if (!existsSync(save)) return skip(this, save);
    await withFolder(async (folder) => {
      const before = await runJson(["debug", "inspect-save", save], folder);
      assert.equal(before["version"], "2.0.55");
      assert.equal(before["script"], "freeplay");
      const module = await makeModule(folder);
      const first = await runJson(["debug", "patch-save", save, "one.zip", "--module", module], folder);
      assert.equal(first["changed"], true);
      const second = await runJson(["debug", "patch-save", "one.zip", "two.zip", "--module", module], folder);
      assert.equal(second["changed"], false);
      assert.deepEqual(await readFile(join(folder, "two.zip")), await readFile(join(folder, "one.zip")));
      const after = await runJson(["debug", "inspect-save", "two.zip"], folder);
      assert.deepEqual(after["modules"], [{ name: "greeter", version: "1.0.0" }]);
    });
  });

  it("refuse what is not a save, and write nothing", () =>
    withFolder(async (folder) => {
      const module = await makeModule(folder);
      await writeFile(join(folder, "text.zip"), "this is no zip file at all, however it is named");
      for (const [input, exitCode] of [
        ["text.zip", 2],
        ["missing.zip", 3],
      ] as const) {
        for (const args of [
          ["inspect-save", input],
          ["patch-save", input, "out.zip", "--module", module],
        ]) {
          const io = new FakeIo(folder);
          assert.equal(await runCtl(["debug", ...args], io), exitCode, io.stderr.text);
          assert.equal(io.stderr.text.trim().split("\n").length, 1);
          assert.equal(io.stdout.text, "");
        }
      }
      assert.deepEqual((await readdir(folder)).sort(), ["greeter", "text.zip"]);
    }));
});

function skip(test: Mocha.Context, path: string): void {
  process.stdout.write(`      skipped: ${path} is not here\n`);
  test.skip();
}
