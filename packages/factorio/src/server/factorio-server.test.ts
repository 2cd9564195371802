import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { FactorioError } from "../errors.js";
import type { FactorioInstall } from "../install/factorio-install.js";
import { FAKE_SERVER, fixture } from "../testing/fixtures.js";
import { MockRcon } from "../testing/mock-rcon.js";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import { FactorioServer } from "./factorio-server.js";
import type { ExitReport, FactorioServerOptions, ServerEvents } from "./server-types.js";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

function reportOf(error: unknown): ExitReport {
  assert(error instanceof FactorioError, String(error));
  return error.detail["report"] as ExitReport;
}

for (const mode of ["pipes", "journal"] as const)
  describe(`FactorioServer with ${mode}`, function () {
    this.timeout(20_000);
    before(function () {
      if (mode === "pipes" || process.platform === "linux") return;
      console.log("skipped: journals are for Linux");
      this.skip();
    });
    let folder: TestFolder;
    let servers: FactorioServer[];
    let install: FactorioInstall;

    beforeEach(async () => {
      folder = await makeTestFolder();
      servers = [];
      await writeFile(folder.file("world.zip"), "");
      const version = { major: 2, minor: 0, patch: 77 };
      install = {
        directory: folder.path,
        executable: FAKE_SERVER,
        dataDirectory: folder.path,
        version,
        isSimulator: true,
      };
    });
    afterEach(async () => {
      await Promise.all(servers.map((server) => server.kill()));
      await folder.remove();
    });

    async function make(
      fake: Record<string, unknown> = {},
      more: Partial<FactorioServerOptions> = {},
    ): Promise<FactorioServer> {
      const server = new FactorioServer({
        install,
        writeDirectory: folder.file("instance"),
        savePath: folder.file("world.zip"),
        gamePort: 34197,
        rconPort: await freePort(),
        rconPassword: "hunter2",
        environment: { FAKE_SERVER: JSON.stringify(fake) },
        ...(mode === "journal" ? { journal: {} } : {}),
        ...more,
      });
      servers.push(server);
      return server;
    }

    function collect<K extends keyof ServerEvents>(server: FactorioServer, event: K): ServerEvents[K][] {
      const seen: ServerEvents[K][] = [];
      server.on(event, (value) => void seen.push(value));
      return seen;
    }

    function next<K extends keyof ServerEvents>(
      server: FactorioServer,
      event: K,
      fits: (value: ServerEvents[K]) => boolean,
    ): Promise<void> {
      return new Promise((resolve) => {
        const off = server.on(event, (value) => {
          if (!fits(value)) return;
          off();
          resolve();
        });
      });
    }

    it("starts, answers RCON, and stops with everything saved", async () => {
      const server = await make();
      const [states, events] = [collect(server, "state"), collect(server, "event")];
      await server.start();
      assert.equal(server.state, "running");
      assert.deepEqual(server.version, { major: 2, minor: 0, patch: 77 });
      assert(server.pid);
      assert.equal(await server.rcon.send("/version"), "2.0.77\n");
      const report = await server.stop();
      assert.deepEqual(
        [report.code, report.signal, report.expected, report.reason, report.words],
        [0, null, true, "stopped", "The server stopped."],
      );
      assert.match(report.lastLines.at(-1) ?? "", /Goodbye$/);
      assert.doesNotMatch(report.lastLines.join(), /hunter2/);
      assert.deepEqual(states, ["preparing", "starting", "running", "stopping", "stopped"]);
      assert(events.some((event) => event.type === "quitting" && event.reason === "remote-quit"));
      assert.equal(server.pid, undefined);
      assert.deepEqual(
        [await server.exited, await server.stop(), await server.kill()],
        [report, report, report],
      );
      await assert.rejects(server.start(), /only once/);
    });

    it("replays the captured full run from start to stop", async function () {
      const text = await readFile(fixture(this, "logs/headless-2.0.77-full-run.txt"), "utf8");
      const rcon = await MockRcon.listen("hunter2");
      try {
        const lines = text.trimEnd().split("\n");
        const cut = lines.findIndex((line) => line.includes("Received SIGINT"));
        const script = folder.file("replay.mjs");
        await writeFile(
          script,
          `const lines = ${JSON.stringify(lines)};
        const say = (part) => process.stdout.write(part.join("\\n") + "\\n");
        const alive = setInterval(() => {}, 1000);
        process.on("SIGINT", () => { say(lines.slice(${cut})); clearInterval(alive); process.stdin.destroy(); });
        say(lines.slice(0, ${cut}));`,
        );
        install = { ...install, executable: script };
        rcon.onCommand = () => undefined;
        const server = await make({}, { rconPort: rcon.port, stopTimeoutMs: 2000 });
        const states = collect(server, "state");
        await server.start();
        const report = await server.stop();
        assert.deepEqual([report.reason, report.expected, report.code], ["stopped", true, 0]);
        assert.deepEqual(states, ["preparing", "starting", "running", "stopping", "stopped"]);
      } finally {
        await rcon.close();
      }
    });

    it("reports the captured failed start, in spite of its Goodbye", async function () {
      const text = await readFile(fixture(this, "logs/headless-2.0.55-start-failure.txt"), "utf8");
      const server = await make({ lines: text.trimEnd().split("\n") });
      const report = reportOf(await server.start().catch((error: unknown) => error));
      assert.deepEqual(
        [report.code, report.expected, report.reason, server.state],
        [1, false, "no-permission", "crashed"],
      );
      assert.match(
        report.words,
        /access.*Factorio said: MultiplayerManager failed: "filesystem error: create_directories/,
      );
    });

    it("puts the second line of a failure into words", async () => {
      const lines = [
        "   0.554 Error CommandLineMultiplayer.cpp:355: Hosting multiplayer game failed:",
        "Unexpected end of file at /srv/server-settings.json:1",
      ];
      const server = await make({ lines });
      const error: unknown = await server.start().catch((error: unknown) => error);
      assert.equal((error as FactorioError).code, "server-start-failed");
      assert.equal(reportOf(error).reason, "bad-json");
      assert.match((error as FactorioError).message, /not valid JSON.*server-settings\.json:1/);
    });

    it("says which port is taken", async () => {
      const other = await MockRcon.listen("something else");
      try {
        const server = await make({}, { rconPort: other.port });
        const report = reportOf(await server.start().catch((error: unknown) => error));
        assert.equal(report.reason, "rcon-port-taken");
        assert.match(report.words, new RegExp(`RCON port ${other.port}`));
        const deceived = await make({ noRcon: true }, { rconPort: other.port });
        const second = reportOf(await deceived.start().catch((error: unknown) => error));
        assert.equal(second.reason, "rcon-port-taken");
        assert.match(second.words, /refuses our password/);
      } finally {
        await other.close();
      }
    });

    it("reports a missing save and an executable that cannot run without starting anything", async () => {
      const missing = await make({}, { savePath: folder.file("none.zip") });
      const report = reportOf(await missing.start().catch((error: unknown) => error));
      assert.deepEqual([report.reason, report.code, missing.state], ["save-missing", null, "crashed"]);
      install = { ...install, executable: folder.file("world.zip") };
      const denied = await make();
      assert.equal(reportOf(await denied.start().catch((error: unknown) => error)).reason, "no-permission");
      install = { ...install, executable: folder.file("nothing") };
      const absent = await make();
      const words = reportOf(await absent.start().catch((error: unknown) => error)).words;
      assert.match(words, /nothing.*ENOENT/);
    });

    it("gives up on a start that takes too long", async () => {
      const server = await make({ neverReady: true }, { startTimeoutMs: 300 });
      const report = reportOf(await server.start().catch((error: unknown) => error));
      assert.match(report.words, /not ready within 300 ms/);
      assert.deepEqual([report.reason, report.expected], ["unknown", false]);
    });

    it("can be stopped at any moment of its start", async () => {
      const unstarted = await make();
      assert.equal((await unstarted.stop()).words, "The server was not started.");
      const preparing = await make();
      const first = preparing.start().catch((error: unknown) => error);
      assert.deepEqual(
        [(await preparing.stop()).reason, preparing.state, preparing.pid],
        ["stopped", "stopped", undefined],
      );
      assert.equal(((await first) as FactorioError).code, "server-stopped");
      const starting = await make({ neverReady: true });
      const hosting = next(starting, "event", (event) => event.type === "hosting");
      const second = starting.start().catch((error: unknown) => error);
      await hosting;
      const report = await starting.stop();
      assert.deepEqual([report.reason, report.expected, report.code], ["stopped", true, 0]);
      assert.equal(((await second) as FactorioError).code, "server-stopped");
      const spawning = await make();
      const launched = next(spawning, "state", (state) => state === "starting");
      const third = spawning.start().catch((error: unknown) => error);
      await launched;
      assert.equal((await spawning.kill()).reason, "killed");
      assert.equal(((await third) as FactorioError).code, "server-stopped");
    });

    it("escalates from /quit over signals to the kill", async () => {
      const stopWith = async (
        fake: Record<string, unknown>,
        stopTimeoutMs: number,
      ): Promise<[ExitReport, string[]]> => {
        const server = await make({ ignoreQuit: true, ...fake }, { stopTimeoutMs });
        const events = collect(server, "event");
        await server.start();
        const report = await server.stop();
        assert.deepEqual([report.expected, server.state], [true, "stopped"]);
        return [report, events.filter((event) => event.type === "signal").map((event) => event.signal)];
      };
      const [gentle, firm, deaf] = await Promise.all([
        stopWith({}, 3000),
        stopWith({ ignoreSignals: ["SIGINT"] }, 3000),
        stopWith({ ignoreSignals: ["SIGINT", "SIGTERM"] }, 300),
      ]);
      assert.deepEqual([gentle[0].reason, gentle[0].code, gentle[1]], ["stopped", 0, ["SIGINT"]]);
      assert.deepEqual([firm[0].reason, firm[0].code, firm[1]], ["stopped", 0, ["SIGTERM"]]);
      assert.deepEqual([deaf[0].reason, deaf[0].signal, deaf[1]], ["killed", "SIGKILL", []]);
      assert.match(deaf[0].words, /did not stop in time/);
    });

    it("lets a quitting server save in peace, and no longer than the whole time", async () => {
      const slow = await make({ saveMs: 1200 }, { stopTimeoutMs: 2300 });
      const events = collect(slow, "event");
      await slow.start();
      assert.equal((await slow.stop()).reason, "stopped");
      assert.deepEqual(
        events.filter((event) => event.type === "signal"),
        [],
      );
      const stuck = await make({ saveMs: 60_000 }, { stopTimeoutMs: 400 });
      await stuck.start();
      const [first, second] = await Promise.all([stuck.stop(), stuck.stop()]);
      assert.deepEqual([first.reason, first], ["killed", second]);
    });

    it("tells a crash, a kill from outside and a quit from inside apart", async () => {
      const quits = await make();
      await quits.start();
      void quits.rcon.send("/quit").catch(() => undefined);
      const quit = await quits.exited;
      assert.deepEqual([quit.reason, quit.expected, quits.state], ["stopped", false, "stopped"]);
      assert.match(quit.words, /remote-quit/);
      const killed = await make();
      await killed.start();
      process.kill(killed.pid as number, "SIGKILL");
      const oom = await killed.exited;
      assert.deepEqual([oom.reason, oom.expected, killed.state], ["out-of-memory", false, "crashed"]);
      const crashes = await make();
      await crashes.start();
      void crashes.rcon.send("/crash").catch(() => undefined);
      const crash = await crashes.exited;
      assert.deepEqual([crash.reason, crash.signal], ["crashed", "SIGSEGV"]);
    });

    it("hands IPC messages on one by one and holds the game back for a slow listener", async () => {
      const server = await make();
      const log: string[] = [];
      let busy = 0;
      const order: unknown[] = [];
      server.on("ipc", async ({ payload }) => {
        busy += 1;
        assert.equal(busy, 1);
        await new Promise(setImmediate);
        order.push(payload);
        busy -= 1;
      });
      const dead = collect(server, "deadLetter");
      server.on("line", () => {
        throw new Error("a bad listener");
      });
      await server.start();
      const messages = Array.from({ length: 500 }, (_, index) => `\f$ipc:count?j${index}`);
      await server.rcon.send(`/print ${JSON.stringify([...messages, "\f$ipc:bad", "x"].join("\n"))}`);
      await server.stop();
      assert.deepEqual(
        order,
        Array.from({ length: 500 }, (_, index) => index),
      );
      assert.deepEqual(
        dead.map((letter) => letter.line),
        ["\f$ipc:bad"],
      );
      assert.deepEqual(log, []);
    });

    it("blocks the game's own output while listeners are behind, and loses nothing", async function () {
      if (mode === "journal") {
        console.log("skipped: with a journal the game never waits");
        return this.skip();
      }
      const server = await make();
      let release = (): void => undefined;
      const blocked = new Promise<void>((resolve) => (release = resolve));
      let count = 0;
      const first = next(server, "ipc", () => true);
      server.on("ipc", async () => {
        await blocked;
        count += 1;
      });
      await server.start();
      const line = `\f$ipc:x?j"${"y".repeat(200)}"`;
      const messages = Array.from({ length: 5000 }, () => line).join("\n");
      let isWritten = false;
      // the fake answers only when its write to the pipe is through
      const written = server.rcon.send(`/print ${JSON.stringify(messages)}`).then(() => (isWritten = true));
      await first;
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
      assert.equal(isWritten, false);
      release();
      await written;
      await server.stop();
      assert.equal(count, 5000);
    });

    it("ends although a listener never does", async () => {
      const server = await make({}, { stopTimeoutMs: 10_000 });
      server.on("ipc", () => new Promise(() => undefined));
      await server.start();
      await server.rcon.send(`/print ${JSON.stringify("\f$ipc:x?j1")}`);
      assert.equal((await server.stop()).reason, "stopped");
    });

    it("forges no start from what a player says", async () => {
      const marker =
        "   0.567 Info ServerMultiplayerManager.cpp:808: updateTick(0) changing state from(CreatingGame) to(InGame)";
      const server = await make({ lines: [`2026-08-02 02:16:35 [CHAT] eve: ${marker}`], exitCode: 0 });
      const report = reportOf(await server.start().catch((error: unknown) => error));
      assert.equal(report.reason, "unknown");
    });
  });
