import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspectSave } from "@switchyard/factorio";
import { SimulatorControl } from "@switchyard/simulator";
import { UpCluster } from "@switchyard/test-kit";

const FIXTURES = fileURLToPath(new URL("../../../shared/fixtures/saves/", import.meta.url));

interface StatusAnswer {
  state: string;
}

describe("a save of a real server in a cluster", function () {
  let cluster: UpCluster;

  before(async function () {
    if (!existsSync(FIXTURES)) {
      console.log("skipped: ../shared/fixtures/saves is not here");
      this.skip();
    }
    cluster = await UpCluster.start({
      args: ["--instances", "2", "--save", join(FIXTURES, "vanilla-2.0.55.zip")],
    });
  });

  after(async () => {
    await cluster?.close();
  });

  it("runs with core and chat, is saved, and starts again with its state", async () => {
    const { writeDirectory } = cluster.instance("alpha");
    await sayAndSee(cluster, "before");
    const stopped = (await cluster.ctlJson("instance", "stop", "alpha")) as StatusAnswer;
    assert.equal(stopped.state, "stopped");

    const save = await newestSave(writeDirectory);
    const info = await inspectSave(save);
    assert.equal(info.script, "switchyard");
    assert.deepEqual(info.modules.map(({ name }) => name).sort(), ["global_chat", "switchyard_core"]);

    const started = (await cluster.ctlJson("instance", "start", "alpha")) as StatusAnswer;
    assert.equal(started.state, "running");
    const id = (await cluster.ctlJson(
      "instance",
      "send-rcon",
      "alpha",
      "/sc rcon.print(storage.switchyard_core.instance_id)",
    )) as { reply: string };
    assert.equal(id.reply, `${cluster.instance("alpha").id}\n`);
    const tick = (await cluster.ctlJson("instance", "send-rcon", "alpha", "/sc rcon.print(game.tick)")) as {
      reply: string;
    };
    assert.ok(Number(tick.reply) > 0, `the map went on from its saved tick, not from ${tick.reply}`);
    await sayAndSee(cluster, "after");
  });
});

describe("a save that cannot be used", () => {
  let cluster: UpCluster;
  before(async () => {
    cluster = await UpCluster.start({ args: ["--instances", "0", "--hosts", "1"] });
  });
  after(async () => {
    await cluster?.close();
  });

  it("is refused with a sentence, and the instance says why", async () => {
    const text = join(cluster.ready.dataDirectory, "not-a-save.zip");
    await copyFile(fileURLToPath(new URL("../../README.md", import.meta.url)), text);
    const program = cluster.ctl("instance", "create", "broken", "--save", text, "--start");
    const { code } = await program.exited;
    assert.notEqual(code, 0);
    assert.match(program.output("stderr"), /zip/i);
    assert.doesNotMatch(program.output(), /\n\s+at /, "no stack");
  });
});

async function sayAndSee(cluster: UpCluster, text: string): Promise<void> {
  const alpha = await SimulatorControl.connect(cluster.instance("alpha").writeDirectory);
  const beta = await SimulatorControl.connect(cluster.instance("beta").writeDirectory);
  try {
    await alpha.join("Anna");
    await beta.join("Bob");
    const shown = beta.waitForPrint(`${text} ✓`);
    await alpha.chat("Anna", `${text} ✓`);
    assert.equal((await shown).text, `[alpha] Anna: ${text} ✓`);
    await beta.leave("Bob");
  } finally {
    alpha.close();
    beta.close();
  }
}

async function newestSave(writeDirectory: string): Promise<string> {
  const saves = (await readdir(join(writeDirectory, "saves"))).filter((name) => name.endsWith(".zip"));
  assert.equal(saves.length, 1, `one save is there: ${saves.join(", ")}`);
  return join(writeDirectory, "saves", saves[0] ?? "");
}
