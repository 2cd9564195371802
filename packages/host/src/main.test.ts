import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { GetLog, instanceAddress, SendRcon } from "@switchyard/protocol";
import { installSimulator, SimulatorControl } from "@switchyard/simulator";
import { FakeController, TEST_CONTROL } from "./testing/fake-controller.js";
import { makeDirectory, makeSpec, Recorder } from "./testing/fixtures.js";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const CORE = fileURLToPath(new URL("../../../lua-modules/core", import.meta.url));

describe("switchyard-host", function () {
  this.timeout(60_000);
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let controller: FakeController;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    directory = await makeDirectory();
    controller = new FakeController();
    await controller.start();
  });

  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
    }
    if (process.platform === "linux") for (const pid of await gamePids()) process.kill(pid, "SIGKILL");
    await controller.stop();
    await directory.remove();
  });

  function run(...flags: string[]): {
    child: ChildProcess;
    said: Recorder<string>;
    exited: Promise<unknown[]>;
  } {
    const child = spawn(
      process.execPath,
      ["--conditions=@switchyard/source", `--import=${LOADER}`, MAIN, ...flags],
      { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, NODE_OPTIONS: "" } },
    );
    children.push(child);
    const said = new Recorder<string>();
    child.stderr?.setEncoding("utf8").on("data", (text: string) => said.add(text));
    return { child, said, exited: once(child, "exit") };
  }

  async function writeConfig(): Promise<string> {
    const file = join(directory.path, "host.json");
    const config = {
      dataDirectory: join(directory.path, "data"),
      controllerUrl: controller.url,
      token: controller.token,
      factorioDirectories: [installSimulator({ directory: join(directory.path, "factorio") }).directory],
      gamePortRange: "41600-41699",
      gameBindAddress: "127.0.0.1",
      luaModules: [CORE],
    };
    await writeFile(file, JSON.stringify(config));
    await chmod(file, 0o644);
    return file;
  }

  it("refuses wrong flags and settings in one sentence", async () => {
    const file = await writeConfig();
    for (const [flag, code, words] of [
      ["--no-such-flag", 2, /no-such-flag/],
      ["--log-level=loud", 2, /logLevel/],
      ["--game-ports=9-1", 2, /gamePortRange/],
      [`--data-dir=${file}/data`, 2, /dataDirectory .* is a file/],
    ] as const) {
      const { said, exited } = run("--config", file, flag);
      const [exitCode] = await exited;
      const text = said.values.join("");
      assert.match(text, words);
      assert.equal(text.trim().split("\n").length, 1, text);
      assert.equal(exitCode, code, text);
    }
  });

  it("ends its servers at SIGTERM, refuses a second agent, and closes the file with its token to others", async () => {
    const config = await writeConfig();
    controller.specs = [makeSpec({ autoStart: true })];
    const first = run("--config", config);
    await controller.status("running");
    if (process.platform !== "win32") assert.equal((await stat(config)).mode & 0o777, 0o600);
    const second = run("--config", config);
    assert.deepEqual(await second.exited, [8, null]);
    assert.match(second.said.values.join(""), new RegExp(`already running \\(process ${first.child.pid}\\)`));
    first.child.kill("SIGTERM");
    assert.deepEqual(await first.exited, [0, null]);
    await controller.status("stopped");
    assert.equal(first.said.values.join("").includes(controller.token), false);
  });

  it("takes over the server that a killed agent left behind, with its players", async function () {
    if (process.platform !== "linux") {
      console.log("skipped: only Linux tells which process is which");
      return this.skip();
    }
    const config = await writeConfig();
    controller.specs = [makeSpec({ autoStart: true })];
    const first = run("--config", config);
    await controller.status("running");
    const before = await gamePids();
    assert.equal(before.length, 1);
    const game = await SimulatorControl.connect(join(directory.path, "data", "instances", "aaa-alpha"));
    await game.join("Anna");
    await controller.statuses.until((all) => all.at(-1)?.players[0] === "Anna", "Anna");
    first.child.kill("SIGKILL");
    await first.exited;
    controller.forgetStatuses();
    await game.chat("Anna", "is anybody there?");
    const startedAt = performance.now();
    const second = run("--config", config);
    await controller.registered(2);
    await controller.statuses.until(
      (all) => all.at(-1)?.state === "running" && all.at(-1)?.players[0] === "Anna",
      "taken over",
    );
    console.log(`      taken over after ${Math.round(performance.now() - startedAt)} ms`);
    const ask = controller.host;
    const rcon = { to: instanceAddress("aaa"), from: TEST_CONTROL };
    assert.match((await ask.request(SendRcon, { command: "/players" }, rcon)).reply, /Anna/);
    const { lines } = await ask.request(GetLog, { tail: 1000 }, rcon);
    assert.ok(lines.some(({ text }) => text.includes("is anybody there?")));
    assert.deepEqual(await gamePids(), before);
    // And by an agent that is upgraded.
    second.child.kill("SIGUSR2");
    assert.deepEqual(await second.exited, [0, null]);
    controller.forgetStatuses();
    assert.deepEqual(await gamePids(), before);
    const third = run("--config", config);
    await controller.registered(3);
    await controller.status("running");
    assert.deepEqual(
      (await game.players()).map(({ name, isConnected }) => [name, isConnected]),
      [["Anna", true]],
    );
    game.close();
    third.child.kill("SIGTERM");
    await third.exited;
    await controller.status("stopped");
    assert.deepEqual(await gamePids(), []);
    assert.deepEqual(await readdir(join(directory.path, "data", "instances", "aaa-alpha", "runs")), []);
  });

  it("says how a server ended while there was no agent, and starts it again", async function () {
    if (process.platform !== "linux") {
      console.log("skipped: only Linux tells which process is which");
      return this.skip();
    }
    const config = await writeConfig();
    controller.specs = [makeSpec({ autoStart: true })];
    const first = run("--config", config);
    await controller.status("running");
    first.child.kill("SIGKILL");
    await first.exited;
    const [pid = 0] = await gamePids();
    process.kill(pid, "SIGKILL");
    const count = controller.statuses.values.length;
    run("--config", config);
    await controller.registered(2);
    await controller.statuses.until((all) => all.slice(count).at(-1)?.state === "running", "running again");
    const told = [
      ...controller.statuses.values.slice(count),
      ...(controller.registrations.values[1]?.instances.map(({ status }) => status) ?? []),
    ];
    assert.ok(
      told.some(({ words }) => /While the host agent was away: .*without saying why/.test(words)),
      JSON.stringify(told),
    );
  });

  /** Of the simulated games of this test. */
  async function gamePids(): Promise<number[]> {
    const found: number[] = [];
    for (const name of await readdir("/proc")) {
      const text = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
      if (text.includes("--start-server") && text.includes(directory.path)) found.push(Number(name));
    }
    return found;
  }
});
