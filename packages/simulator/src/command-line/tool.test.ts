import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestInstall } from "../testing/game-process.test.support.js";
import { runTool } from "./tool.js";

async function tool(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
  let [output, errors] = ["", ""];
  const code = await runTool(
    args,
    (text) => (output += text),
    (text) => (errors += text),
  );
  return { code, output, errors };
}

describe("factorio-sim's own tool", function () {
  this.timeout(60_000);

  it("installs into folders with any name, marked as the simulator", async () => {
    const root = mkdtempSync(join(tmpdir(), "simulator-tool-"));
    try {
      const directory = join(root, "it's a $HOME `x`");
      mkdirSync(directory);
      const { code, output } = await tool("install", directory, "--version", "1.1.110", "--json");
      assert.equal(code, 0);
      const install = JSON.parse(output) as { executable: string; version: string };
      assert.equal(install.version, "1.1.110");
      assert.match(
        readFileSync(join(directory, "data", "switchyard-simulator.json"), "utf8"),
        /Switchyard simulator/,
      );
      assert.match(
        readFileSync(join(directory, "data", "changelog.txt"), "utf8"),
        /^-{99}\nVersion: 1\.1\.110\n/,
      );
      assert.ok(!existsSync(join(directory, "data", "space-age")));
      const { NODE_OPTIONS: _ignored, ...env } = process.env;
      const run = spawnSync(install.executable, ["--version"], { env, encoding: "utf8" });
      assert.equal(run.status, 0, run.stderr);
      assert.match(run.stdout, /^Version: 1\.1\.110 \(build \d+, \w[\w-]*, headless\)\nBinary version: 64\n/);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  it("plays on a running simulator and tells programs and people what happened", async () => {
    const install = new TestInstall();
    try {
      const game = await install.start(install.writeSave("world", { "control.lua": "" }));
      const ctl = (...words: string[]): ReturnType<typeof tool> => tool("ctl", install.directory, ...words);
      assert.deepEqual(await ctl("join", "Alice"), {
        code: 0,
        output: "Alice joined the game as player 1\n",
        errors: "",
      });
      const waiting = ctl("wait-print", "good", "day", "--timeout", "20", "--json");
      // The wait must be in place before the words are said.
      await ctl("status");
      await ctl("chat", "Alice", "good", "day");
      assert.match((await waiting).output, /"text":".*Alice: good day"/);
      assert.equal((await ctl("view", "Alice")).output, "Alice joined the game\nAlice: good day\n");
      const status = JSON.parse((await ctl("status", "--json")).output) as {
        version: string;
        rconPort: number;
      };
      assert.equal(status.version, "2.0.77");
      assert.equal(status.rconPort, game.rconPort);
      assert.match((await ctl("step", "100")).output, /^tick \d+\n$/);
      assert.equal((await ctl("leave", "nobody")).code, 1);
      assert.equal((await ctl("dance")).code, 2);
      assert.match((await ctl("fault", "no-such-fault", "on")).errors, /unknown fault/);
      await assert.doesNotReject(ctl("fault", "exit-now", "42"));
      assert.equal(await game.exited, 42);
      assert.match((await ctl("status")).errors, /No simulator is running on/);
    } finally {
      install.dispose();
    }
  });

  it("lets the map be saved automatically by played ticks, in turning slots", async () => {
    const install = new TestInstall();
    try {
      writeFileSync(
        install.path("server-settings.json"),
        JSON.stringify({ visibility: {}, autosave_interval: 1, autosave_slots: 2 }),
      );
      const game = await install.start(install.writeSave("world", { "control.lua": "" }));
      for (const slot of [1, 2, 1]) {
        const from = game.lines.length;
        await tool("ctl", install.directory, "step", "3600");
        await game.waitFor(`Saving to _autosave${slot} (blocking).`, from);
        await game.waitFor("Saving finished", from);
        assert.ok(existsSync(install.path("saves", `_autosave${slot}.zip`)));
      }
      assert.equal(await game.quit(), 0);
    } finally {
      install.dispose();
    }
  });
});
