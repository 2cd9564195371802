import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LeftRun } from "@switchyard/factorio";
import { AppError, type InstanceStatus } from "@switchyard/protocol";
import { silentLogger } from "@switchyard/node-kit";
import { createDeferred } from "../deferred.js";
import { openHostStore, type HostStore } from "../host-store.js";
import { Installs } from "../installs.js";
import { FakeGame } from "../testing/fake-game.js";
import { makeDirectory, makeSpec, Recorder } from "../testing/fixtures.js";
import { InstanceRecords } from "./instance-records.js";
import { InstanceRuntime } from "./instance-runtime.js";
import type { InstanceServices } from "./instance-services.js";
import { Ports } from "./ports.js";

describe("instance runtime", () => {
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let store: HostStore;
  let game: FakeGame;
  let statuses: Recorder<InstanceStatus>;
  let services: InstanceServices;

  beforeEach(async () => {
    directory = await makeDirectory();
    store = await openHostStore(":memory:");
    game = new FakeGame();
    statuses = new Recorder();
    const log = silentLogger();
    services = {
      game,
      log,
      installs: new Installs(["/opt"], game, log),
      ports: new Ports({ first: 41_200, last: 41_299 }, "127.0.0.1"),
      records: new InstanceRecords(store),
      journal: undefined,
      gameBindAddress: "127.0.0.1",
      download: () => Promise.reject(new AppError("controller-unreachable", { url: "x", reason: "test" })),
      readModules: async () => [await game.readLuaModule("/lua/core")],
      attachSides: () => ({
        begin: () => Promise.resolve(),
        windDown: () => undefined,
        close: () => Promise.resolve(),
      }),
      statusChanged: (_spec, status) => statuses.add(status),
    };
  });

  afterEach(async () => {
    await store.close();
    await directory.remove();
  });

  async function makeRuntime(changes = {}): Promise<InstanceRuntime> {
    const spec = makeSpec(changes);
    await services.records.save(spec, spec.id);
    return new InstanceRuntime({
      spec,
      stickyPort: null,
      writeDirectory: join(directory.path, spec.id),
      services,
    });
  }

  function states(): string[] {
    return statuses.values.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]);
  }

  it("goes through all states from start to stop and tells each", async () => {
    const runtime = await makeRuntime();
    const running = await runtime.start();
    assert.equal(running.state, "running");
    assert.equal(running.save, "world.zip");
    assert.equal(running.factorioVersion, "2.0.77");
    assert.ok(running.gamePort !== null && running.gamePort >= 41_200);
    assert.deepEqual(game.server.commands.slice(0, 1), ['/sc rcon.print("switchyard")']);
    assert.match(
      game.server.commands[1] ?? "",
      /^\/sc switchyard_core\.set_instance\("aaa","Alpha","\w+"\)$/,
    );
    assert.equal((await runtime.stop()).state, "stopped");
    assert.deepEqual(states(), ["preparing", "starting", "running", "stopping", "stopped"]);
  });

  it("sends the first script command again until the game obeys", async () => {
    let refusals = 1;
    game.onServer = (server) => {
      const obey = server.reply;
      server.reply = (command) =>
        refusals-- > 0 ? "Using this command will disable achievements\n" : obey(command);
    };
    const runtime = await makeRuntime();
    await runtime.start();
    assert.equal(game.server.commands.filter((command) => command.includes("rcon.print")).length, 2);
    await runtime.close();
  });

  it("joins two starts at once and changes nothing when it runs already", async () => {
    const runtime = await makeRuntime();
    await Promise.all([runtime.start(), runtime.start()]);
    await runtime.start();
    assert.equal(game.servers.length, 1);
    await runtime.close();
  });

  it("tells in words why the server crashed, and starts again", async () => {
    const runtime = await makeRuntime();
    await runtime.start();
    await game.server.emit("event", { type: "join", player: "Anna" });
    await statuses.until((all) => all.at(-1)?.players[0] === "Anna", "Anna");
    game.server.crash("The disk is full.");
    await statuses.until((all) => all.at(-1)?.state === "crashed", "crashed");
    assert.equal(runtime.status.words, "The disk is full.");
    assert.deepEqual(runtime.status.players, []);
    assert.equal((await runtime.start()).state, "running");
    await runtime.close();
  });

  it("counts a failed save at the stop as a crash", async () => {
    const runtime = await makeRuntime();
    await runtime.start();
    game.server.stop = () => {
      game.server.exit({ expected: true, reason: "disk-full", words: "The disk is full." });
      return game.server.exited;
    };
    assert.equal((await runtime.stop()).state, "crashed");
    assert.equal(runtime.status.words, "The disk is full.");
  });

  it("refuses the start with what the server said", async () => {
    game.startGate = (server) => {
      server.crash("The save is too new.");
      return new Promise(() => undefined);
    };
    const runtime = await makeRuntime();
    await assert.rejects(runtime.start(), { code: "instance-start-failed", message: /The save is too new/ });
    assert.equal(runtime.status.state, "crashed");
    assert.equal(runtime.status.words, "The save is too new.");
  });

  it("keeps the unpatched save until the server ran, and puts it back when it never did", async () => {
    const runtime = await makeRuntime();
    const savePath = join(directory.path, "aaa", "saves", "world.zip");
    game.startGate = (server) => {
      server.crash("The module is broken.");
      return new Promise(() => undefined);
    };
    await assert.rejects(runtime.start());
    assert.deepEqual([game.restored, game.accepted], [[savePath], []]);
    game.startGate = () => Promise.resolve();
    await runtime.start();
    assert.deepEqual([game.restored, game.accepted], [[savePath], [savePath]]);
    await runtime.stop();
  });

  it("tries another port when one was taken in the last moment", async () => {
    game.startGate = (server) => {
      if (game.servers.length === 1) server.exit({ expected: false, reason: "port-taken", words: "taken" });
      return game.servers.length === 1 ? new Promise(() => undefined) : Promise.resolve();
    };
    const runtime = await makeRuntime();
    assert.equal((await runtime.start()).state, "running");
    assert.equal(game.servers.length, 2);
    await runtime.close();
  });

  it("is cancelled while a save is fetched", async () => {
    const asked = createDeferred<void>();
    Object.assign(services, {
      download: ((_blob, _target, signal) =>
        new Promise<void>((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
          asked.resolve();
        })) satisfies InstanceServices["download"],
    });
    const sha256 = createHash("sha256").digest("hex");
    const runtime = await makeRuntime({ firstSave: { name: "a.zip", blob: { sha256, sizeBytes: 0 } } });
    const started = assert.rejects(runtime.start(), { code: "cancelled" });
    await asked.promise;
    assert.equal((await runtime.stop()).state, "stopped");
    await started;
    assert.equal(game.servers.length, 0);
    assert.deepEqual(states(), ["preparing", "stopping", "stopped"]);
  });

  it("is cancelled while the server starts", async () => {
    const starting = createDeferred<void>();
    game.startGate = () => {
      starting.resolve();
      return new Promise(() => undefined);
    };
    const runtime = await makeRuntime();
    const started = assert.rejects(runtime.start(), { code: "cancelled" });
    await starting.promise;
    assert.equal((await runtime.stop()).state, "stopped");
    await started;
  });

  it("starts again after a stop under way", async () => {
    const runtime = await makeRuntime();
    await runtime.start();
    const stopped = runtime.stop();
    assert.equal((await runtime.start()).state, "running");
    await stopped;
    assert.equal(game.servers.length, 2);
    await runtime.close();
    await assert.rejects(runtime.start(), { code: "shutting-down" });
  });

  it("continues from a copy of the newest autosave and passes over torn saves", async () => {
    const runtime = await makeRuntime();
    const saves = join(runtime.writeDirectory, "saves");
    await mkdir(saves, { recursive: true });
    await writeFile(join(saves, "_autosave2.zip"), "save 2");
    await writeFile(join(saves, "z-torn.zip"), "torn");
    await writeFile(join(saves, "half.tmp.zip"), "save half");
    await runtime.start();
    assert.match(runtime.status.save ?? "", /^continued-.*\.zip$/);
    assert.ok((await readdir(saves)).includes("_autosave2.zip"));
    assert.deepEqual(game.patched, [join(saves, runtime.status.save ?? "")]);
    await runtime.close();
  });

  it("makes no new map in place of saves that are all torn", async () => {
    const runtime = await makeRuntime();
    const saves = join(runtime.writeDirectory, "saves");
    await mkdir(saves, { recursive: true });
    await writeFile(join(saves, "world.zip"), "torn");
    await assert.rejects(runtime.start(), { code: "save-refused", message: /world\.zip/ });
    assert.deepEqual(await readdir(saves), ["world.zip"]);
  });

  it("keeps its port over starts, and the password out of the log", async () => {
    const runtime = await makeRuntime();
    const first = (await runtime.start()).gamePort;
    const password = game.server.options.rconPassword;
    await game.server.print(`   0.001 Program arguments: "--rcon-password" "${password}"`);
    assert.equal(JSON.stringify(runtime.lines.tail(100)).includes(password), false);
    await runtime.stop();
    assert.equal((await runtime.start()).gamePort, first);
    assert.notEqual(game.server.options.rconPassword, password);
    assert.equal((await services.records.stickyPorts()).get("aaa"), first);
    await runtime.close();
  });

  it("refuses console commands while it does not run", async () => {
    const runtime = await makeRuntime();
    await assert.rejects(runtime.sendRcon("/help"), { code: "instance-not-running" });
    await runtime.start();
    game.server.reply = () => "pong\n";
    assert.equal(await runtime.sendRcon("/ping"), "pong\n");
    await runtime.close();
  });

  const leftRun = (process: LeftRun["process"]): LeftRun => ({
    place: { epoch: "e", directory: "/runs/e" },
    process,
    record: {
      ...{
        format: 1 as const,
        process: process ?? null,
        journal: "/runs/e/journal.log",
        savePath: "/saves/world.zip",
      },
      ...{ gamePort: 41_250, rconPort: 41_251, rconPassword: "p" },
      progress: {
        version: null,
        isInGame: true,
        isRconReady: true,
        wasRunning: true,
        quitReason: null,
        asked: "nothing",
        players: [],
      },
      note: {
        startId: "s1",
        hasCore: true,
        facts: { factorioVersion: "2.0.77", isSimulator: true, save: "world.zip" },
      },
    },
  });

  it("takes a running server over, with its ports and players, and starts no second one", async () => {
    Object.assign(services, { journal: {} });
    game.findLeftRuns = () => ({
      runs: [leftRun({ pid: 7, startTime: "1", bootId: "b" })],
      stray: undefined,
    });
    game.onServer = (server) => {
      const obey = server.reply;
      server.reply = (command) =>
        command === "/players online"
          ? "Online players (2):\n  Anna (online)\n  Bob B (online)\n"
          : obey(command);
    };
    const runtime = await makeRuntime();
    runtime.adopt();
    assert.equal((await runtime.start()).state, "running");
    await statuses.until((all) => all.at(-1)?.players.length === 2, "players");
    const { gamePort, factorioVersion, save, players } = runtime.status;
    assert.deepEqual(
      [gamePort, factorioVersion, save, players],
      [41_250, "2.0.77", "world.zip", ["Anna", "Bob B"]],
    );
    assert.equal(game.servers.length, 1);
    assert.match(game.server.commands[1] ?? "", /set_instance\("aaa","Alpha","s1"\)/);
    assert.equal((await runtime.stop()).state, "stopped");
  });

  it("says how a server ended that nobody watched, before it starts another", async () => {
    Object.assign(services, { journal: {} });
    const left = [leftRun(undefined)];
    game.findLeftRuns = () => ({ runs: left, stray: undefined });
    game.startGate = (server) => {
      if (game.servers.length > 1) return Promise.resolve();
      left.length = 0;
      server.crash("The disk is full.");
      return new Promise(() => undefined);
    };
    const runtime = await makeRuntime();
    runtime.adopt();
    assert.equal((await runtime.start()).state, "running");
    assert.ok(
      statuses.values.some(
        ({ state, words }) =>
          state === "crashed" && words === "While the host agent was away: The disk is full.",
      ),
    );
    await runtime.close();
  });

  it("names a server that cannot be taken over, and starts none beside it", async () => {
    Object.assign(services, { journal: {} });
    game.findLeftRuns = () => ({
      runs: [],
      stray: { pid: 7, words: "It runs as process 7; end it with kill -INT 7." },
    });
    const runtime = await makeRuntime();
    runtime.adopt();
    await statuses.until((all) => all.at(-1)?.state === "crashed", "crashed");
    assert.match(runtime.status.words, /process 7/);
    await assert.rejects(runtime.start(), { code: "instance-start-failed", message: /kill -INT 7/ });
    assert.equal(game.servers.length, 0);
  });
});
