import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  AssignInstance,
  ControlGone,
  EndInstance,
  FollowLog,
  GetLog,
  instanceAddress,
  RemoveInstance,
  RunInstance,
  SendRcon,
} from "@switchyard/protocol";
import { createLogger, silentLogger } from "@switchyard/node-kit";
import type { HostConfig } from "./config.js";
import { startHost, type HostOptions, type RunningHost } from "./host.js";
import { FakeController, TEST_CONTROL } from "./testing/fake-controller.js";
import { FakeGame } from "./testing/fake-game.js";
import { makeDirectory, makeSpec } from "./testing/fixtures.js";

const HOST = "host/h1";
const CHAT = fileURLToPath(new URL("../../../plugins/global-chat", import.meta.url));
const ALPHA = instanceAddress("aaa");

describe("host", () => {
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let controller: FakeController;
  let game: FakeGame;
  let host: RunningHost | undefined;

  beforeEach(async () => {
    directory = await makeDirectory();
    controller = new FakeController();
    await controller.start();
    game = new FakeGame();
  });

  afterEach(async () => {
    await host?.close();
    host = undefined;
    await controller.stop();
    await directory.remove();
  });

  async function start(
    options: Partial<HostOptions> = {},
    changes: Partial<HostConfig> = {},
  ): Promise<RunningHost> {
    host = await startHost({
      config: {
        dataDirectory: directory.path,
        name: "Host one",
        controllerUrl: controller.url,
        token: controller.token,
        factorioDirectories: ["/opt/factorio"],
        publicAddress: "localhost",
        gamePortRange: "41400-41499",
        gameBindAddress: "127.0.0.1",
        enableScriptCommands: true,
        journalDirectory: "",
        logLevel: "debug",
        plugins: [],
        luaModules: ["/lua/core"],
        ...changes,
      },
      log:
        process.env["HOST_TEST_LOG"] === undefined
          ? silentLogger()
          : createLogger({ program: "host", level: "debug", console: "text" }),
      version: "0.1.0",
      game,
      reconnect: { firstDelayMs: 10, maxDelayMs: 50 },
      ...options,
    });
    return host;
  }

  it("registers with its installs and instances and starts what should run", async () => {
    controller.specs = [makeSpec({ autoStart: true }), makeSpec({ id: "bbb", name: "Beta" })];
    await start();
    await controller.status("running");
    assert.deepEqual(controller.registrations.values[0]?.report, {
      name: "Host one",
      version: "0.1.0",
      platform: `${process.platform}-${process.arch}`,
      publicAddress: "localhost",
      installs: [{ version: "2.0.77", isSimulator: true }],
    });
    assert.deepEqual(
      controller.statuses.values.map(({ source }) => source).filter((source) => source !== ALPHA),
      [],
    );
    assert.equal(game.servers.length, 1);
  });

  it("lets no script commands through when they are switched off, and sends its own all the same", async () => {
    await start({}, { enableScriptCommands: false });
    await controller.registered();
    const ask = controller.host;
    await ask.request(RunInstance, { spec: makeSpec() }, { to: HOST });
    const rcon = { to: ALPHA, from: TEST_CONTROL };
    await assert.rejects(ask.request(SendRcon, { command: "/sc game.print(1)" }, rcon), {
      code: "rcon-refused",
      message: /\/sc is a script command, which its host does not allow/,
    });
    await ask.request(SendRcon, { command: "/config get name" }, rcon);
    assert.equal(game.server.commands.at(-1), "/config get name");
    assert.match(game.server.commands[0] ?? "", /^\/sc /);
  });

  it("runs and ends an instance on request, and takes commands for it", async () => {
    await start();
    await controller.registered();
    const ask = controller.host;
    const spec = makeSpec();
    const { status } = await ask.request(RunInstance, { spec }, { to: HOST });
    assert.equal(status.state, "running");
    game.server.reply = () => "pong\n";
    const rcon = { to: ALPHA, from: TEST_CONTROL };
    assert.deepEqual(await ask.request(SendRcon, { command: "/ping" }, rcon), { reply: "pong\n" });
    await assert.rejects(ask.request(RemoveInstance, { instanceId: "aaa" }, { to: HOST }), {
      code: "instance-not-stopped",
    });
    const ended = await ask.request(EndInstance, { instanceId: "aaa" }, { to: HOST });
    assert.equal(ended.status.state, "stopped");
    await assert.rejects(ask.request(SendRcon, { command: "/ping" }, rcon), { code: "instance-not-running" });
    await ask.request(RemoveInstance, { instanceId: "aaa" }, { to: HOST });
    await assert.rejects(ask.request(EndInstance, { instanceId: "aaa" }, { to: HOST }), {
      code: "instance-not-found",
    });
    assert.deepEqual(await readdir(join(directory.path, "instances")), []);
    assert.match((await readdir(join(directory.path, "deleted")))[0] ?? "", /^aaa-alpha-\d/);
  });

  it("keeps instances running while the controller is away and tells their state when it is back", async () => {
    controller.specs = [makeSpec({ autoStart: true })];
    await start();
    await controller.status("running");
    await controller.stop();
    game.server.crash("The machine ran out of memory.");
    await controller.start();
    await controller.registered(2);
    const [instance] = controller.registrations.values[1]?.instances ?? [];
    assert.equal(instance?.status.state, "crashed");
    assert.equal(instance?.status.words, "The machine ran out of memory.");
    assert.equal(game.servers.length, 1);
  });

  it("starts what should run without the controller", async () => {
    controller.specs = [makeSpec({ autoStart: true })];
    await start();
    await controller.status("running");
    await host?.close();
    await controller.stop();
    const offline = await start({ offlineStartAfterMs: 10 });
    await until(() => offline.statuses()[0]?.status.state === "running");
    await controller.start();
  });

  it("moves aside what the controller deleted meanwhile", async () => {
    controller.specs = [makeSpec()];
    await start();
    await controller.registered();
    controller.specs = [];
    await controller.restart();
    await controller.registered(2);
    await until(() => host?.statuses().length === 0);
  });

  it("names folders so that no instance name can leave the data directory", async () => {
    await start();
    await controller.registered();
    const spec = makeSpec({ name: "../../../../tmp/evil \\ CON:*?" });
    await controller.host.request(RunInstance, { spec }, { to: HOST });
    assert.deepEqual(await readdir(join(directory.path, "instances")), ["aaa-tmp-evil-con"]);
    await controller.host.request(AssignInstance, { spec: makeSpec({ name: "Renamed" }) }, { to: HOST });
    assert.deepEqual(await readdir(join(directory.path, "instances")), ["aaa-tmp-evil-con"]);
    await until(() => game.server.commands.some((command) => command.includes('"Renamed"')));
  });

  it("gives two instances two folders whatever their ids and names are", async () => {
    controller.specs = [makeSpec({ id: "a", name: "b c" }), makeSpec({ id: "a-b", name: "c" })];
    await start();
    await until(() => host?.statuses().length === 2);
    assert.equal((await readdir(join(directory.path, "instances"))).length, 2);
  });

  it("goes on working on its own when its token is refused", async () => {
    const refused = await start({ offlineStartAfterMs: 10 }, { token: "swh_wrong" });
    assert.deepEqual(refused.statuses(), []);
    assert.deepEqual(controller.registrations.values, []);
  });

  it("fetches the first save, and says when it is damaged", async () => {
    const content = Buffer.from("save of old");
    const sha256 = createHash("sha256").update(content).digest("hex");
    const firstSave = { name: "old.zip", blob: { sha256, sizeBytes: content.length } };
    controller.blobs.set(sha256, Buffer.from("save of bad"));
    await start();
    await controller.registered();
    const run = () => controller.host.request(RunInstance, { spec: makeSpec({ firstSave }) }, { to: HOST });
    await assert.rejects(run(), { code: "save-refused", message: /checksum/ });
    assert.match((await controller.status("crashed")).words, /checksum/);
    controller.blobs.set(sha256, content);
    assert.equal((await run()).status.save, "old.zip");
  });

  it("sends the log to those who follow it, until they are gone", async () => {
    controller.specs = [makeSpec({ autoStart: true })];
    await start();
    await controller.status("running");
    await game.server.print("before");
    const options = { to: ALPHA, from: TEST_CONTROL };
    const { lines } = await controller.host.request(FollowLog, { tail: 1 }, options);
    assert.deepEqual(
      lines.map(({ text }) => text),
      ["before"],
    );
    await game.server.print("after");
    await controller.logLines.until((all) => all.length === 1, "the batch");
    assert.equal(controller.logLines.values[0]?.lines[0]?.text, "after");
    controller.host.emit(ControlGone, { controlId: "c1" }, { to: HOST });
    // Answered after the event, since a session keeps its order.
    await controller.host.request(GetLog, { tail: 0 }, options);
    await game.server.print("unseen");
    await controller.host.request(GetLog, { tail: 0 }, options);
    assert.equal(controller.logLines.values.length, 1);
  });

  it("goes on consuming where it was when the host was away", async function () {
    if (!existsSync(join(CHAT, "plugin.ts"))) {
      console.log("skipped: there is no plugins/global-chat");
      this.skip();
    }
    const line = (text: string) => controller.streams.add({ player: "Anna", text }, "zzz");
    const shown = () =>
      game.servers.flatMap(({ commands }) =>
        commands.flatMap((command) => /Anna: (\w+)/.exec(command)?.[1] ?? []),
      );
    controller.specs = [makeSpec({ autoStart: true })];
    line("old");
    await start({}, { plugins: [CHAT] });
    await controller.status("running");
    await until(() => controller.streams.readers > 0);
    line("seen");
    await until(() => shown().length === 1);
    await host?.close();
    line("missed");
    await start({}, { plugins: [CHAT] });
    line("new");
    await until(() => shown().length === 3);
    assert.deepEqual(shown(), ["seen", "missed", "new"]);
  });

  it("takes its data directory for itself, and lets go of it", async () => {
    await start();
    const first = host;
    await assert.rejects(start(), { code: "already-running" });
    host = first;
    await host?.close();
    await start();
    assert.ok((await stat(join(directory.path, "host.db"))).isFile());
  });
});

/** For what no event tells. */
async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 500; n += 1) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail("it did not come so within 5 s");
}
