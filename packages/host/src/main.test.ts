import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { installSimulator } from "@switchyard/simulator";
import { FakeController } from "./testing/fake-controller.js";
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

  it("ends the server that a killed agent left behind and starts it again", async () => {
    const config = await writeConfig();
    controller.specs = [makeSpec({ autoStart: true })];
    const first = run("--config", config);
    await controller.status("running");
    first.child.kill("SIGKILL");
    await first.exited;
    run("--config", config);
    await controller.registered(2);
    const status = controller.registrations.values[1]?.instances[0]?.status;
    assert.equal(status?.state, "crashed");
    assert.match(status.words, /host agent/);
    await controller.statuses.until(
      (all) => all.map(({ state }) => state).lastIndexOf("crashed") > 0 && all.at(-1)?.state === "running",
      "running again",
      30_000,
    );
    const words = controller.statuses.values.map((each) => each.words).join("\n");
    assert.match(words, /process \d+\)/);
  });
});
