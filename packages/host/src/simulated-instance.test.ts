import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EndInstance, GetLog, instanceAddress, RunInstance, SendRcon } from "@switchyard/protocol";
import { createLogger, silentLogger } from "@switchyard/node-kit";
import { installSimulator, SimulatorControl } from "@switchyard/simulator";
import { startHost, type RunningHost } from "./host.js";
import { FakeController, TEST_CONTROL } from "./testing/fake-controller.js";
import { makeDirectory, makeSpec } from "./testing/fixtures.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CORE = join(ROOT, "lua-modules/core");
const CHAT = join(ROOT, "plugins/global-chat");
const HOST = "host/h1";

describe("host with simulated servers", function () {
  this.timeout(60_000);
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let controller: FakeController;
  let host: RunningHost | undefined;

  before(function () {
    if (existsSync(join(CHAT, "plugin.ts"))) return;
    console.log("skipped: there is no plugins/global-chat");
    this.skip();
  });

  beforeEach(async () => {
    directory = await makeDirectory();
    controller = new FakeController();
    await controller.start();
    installSimulator({ directory: join(directory.path, "factorio") });
  });

  afterEach(async () => {
    await host?.close();
    host = undefined;
    await controller.stop();
    await directory.remove();
  });

  async function start(): Promise<void> {
    host = await startHost({
      config: {
        dataDirectory: join(directory.path, "data"),
        name: "Host one",
        controllerUrl: controller.url,
        token: controller.token,
        factorioDirectories: [join(directory.path, "factorio")],
        publicAddress: "localhost",
        gamePortRange: "41500-41599",
        gameBindAddress: "127.0.0.1",
        journalDirectory: "",
        enableScriptCommands: true,
        logLevel: "debug",
        plugins: [CHAT],
        luaModules: [CORE],
      },
      log:
        process.env["HOST_TEST_LOG"] === undefined
          ? silentLogger()
          : createLogger({ program: "host", level: "debug", console: "text" }),
      version: "0.1.0",
      reconnect: { firstDelayMs: 10, maxDelayMs: 50 },
    });
    await controller.registered(controller.registrations.values.length + 1);
  }

  function play(folder: string): Promise<SimulatorControl> {
    return SimulatorControl.connect(join(directory.path, "data", "instances", folder));
  }

  async function seen(control: SimulatorControl, player: string, text: string): Promise<string[]> {
    for (let n = 0; n < 500; n += 1) {
      const lines = await control.view(player);
      if (lines.some((line) => line.includes(text))) return lines;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return assert.fail(`${player} has not seen: ${text}`);
  }

  it("carries chat from one to the other, also over a lost session and a restart of the servers", async () => {
    const alpha = makeSpec({ id: "aaa", name: "Alpha" });
    const beta = makeSpec({ id: "bbb", name: "Beta" });
    controller.specs = [alpha, beta];
    await start();
    const run = (spec: typeof alpha) =>
      controller.host.request(RunInstance, { spec }, { to: HOST, timeoutMs: 30_000 });
    const [{ status }] = await Promise.all([run(alpha), run(beta)]);
    assert.equal(status.state, "running");
    assert.equal(status.isSimulator, true);

    const [a, b] = [await play("aaa-alpha"), await play("bbb-beta")];
    await a.join("Anna");
    await b.join("Bob");
    for (let n = 10; n < 40; n += 1) {
      if (n === 20) controller.cut();
      if (n === 30) await controller.restart();
      await a.chat("Anna", `line ${n}`);
    }
    const lines = await seen(b, "Bob", "line 39");
    assert.deepEqual(
      lines.flatMap((line) => /line (\d+)/.exec(line)?.[1] ?? []).map(Number),
      Array.from({ length: 30 }, (_, index) => index + 10),
    );
    assert.deepEqual(
      await a.view("Anna").then((view) => view.filter((line) => line.includes("[")).length),
      0,
    );
    a.close();
    b.close();

    await controller.registered(2);
    const rcon = { to: instanceAddress("aaa"), from: TEST_CONTROL };
    const { reply } = await controller.host.request(SendRcon, { command: '/sc rcon.print("here")' }, rcon);
    assert.equal(reply, "here\n");
    const { lines: log } = await controller.host.request(GetLog, { tail: 2000 }, rcon);
    assert.ok(log.some(({ text }) => text.includes("Anna: line 10")));
    assert.ok(log.every(({ text }) => !text.includes("$ipc:")));
    const ended = await controller.host.request(
      EndInstance,
      { instanceId: "aaa" },
      { to: HOST, timeoutMs: 30_000 },
    );
    assert.equal(ended.status.state, "stopped");
    assert.equal((await run(alpha)).status.save, "world.zip");
  });
});
