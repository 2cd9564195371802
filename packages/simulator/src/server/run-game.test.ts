import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { SimulatorControl } from "../control/simulator-control.js";
import { isAscending, TestInstall } from "../testing/game-process.test.support.js";

const EMPTY = { "control.lua": "" };

describe("the game's process", function () {
  this.timeout(60_000);
  let install: TestInstall;
  beforeEach(() => {
    install = new TestInstall();
  });
  afterEach(() => install.dispose());

  it("prints its version and help and leaves", async () => {
    const version = install.run("--version");
    assert.equal(await version.exited, 0);
    assert.deepEqual(version.lines, [
      version.lines[0],
      "Version: 64",
      "Map input version: 1.0.0-0",
      "Map output version: 2.0.77-0",
    ]);
    assert.match(version.lines[0] ?? "", /^Version: 2\.0\.77 \(build 84539, \w[\w-]*, headless\)$/);
    const help = install.run("--help");
    assert.equal(await help.exited, 0);
    assert.match(help.text, /--start-server FILE/);
    assert.equal(await install.run("--no-such-thing").exited, 1);
  });

  it("creates a map, hosts it, answers on stdin and stops on /quit", async () => {
    const create = install.run(`--create=${install.path("saves", "world")}`);
    assert.equal(await create.exited, 0);
    assert.match(create.lines.at(-1) ?? "", /^ +\d+\.\d{3} Goodbye$/);
    const game = await install.start(install.path("saves", "world"));
    assert.ok(
      isAscending(
        game.order(
          "; Factorio 2.0.77 (build 84539",
          "Program arguments:",
          "Write data path:",
          "Running in headless mode",
          "Loading mod base 2.0.77 (data.lua)",
          "Checksum of base:",
          "Factorio initialised",
          "from(Ready) to(PreparedToHostGame)",
          "to(CreatingGame)",
          "Loading map ",
          "Info Scenario.cpp:154: Map version 2.0.77-0",
          "Checksum for script __level__/control.lua",
          "Opening socket at",
          "Hosting game at IP ADDR:({0.0.0.0:",
          "updateTick(0) changing state from(CreatingGame) to(InGame)",
          "Starting RCON interface at IP ADDR:({127.0.0.1:",
          "Maximum segment size = 100",
        ),
      ),
      game.text,
    );
    assert.match(game.text, /"--rcon-password" <private>/);
    assert.doesNotMatch(game.text, /secret/);
    assert.ok(game.lines.every((line) => /^ {0,3}\d+\.\d{3} /.test(line)));
    game.send("/players");
    await game.waitFor("Players (0):");
    game.send("hello");
    await game.waitFor(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[CHAT\] <server>: hello$/);
    assert.equal(await game.quit(), 0);
    assert.ok(
      isAscending(
        game.order(
          "Quitting: remote-quit.",
          "Saving map as",
          "Saving progress: 100.000000%",
          "Disconnecting multiplayer connection.",
          "from(InGame) to(DisconnectingScheduled)",
          "to(Disconnecting)",
          "to(Disconnected)",
          "to(Closed)",
          "Goodbye",
        ),
      ),
      game.text,
    );
    assert.ok(existsSync(install.path("mods", "mod-list.json")));
    assert.ok(!existsSync(install.path("factorio-sim-control.json")));
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`saves and leaves with 0 on ${signal}`, async () => {
      const save = install.writeSave("world", EMPTY);
      const before = statSync(save).mtimeMs;
      const game = await install.start(save);
      game.kill(signal);
      assert.equal(await game.exited, 0);
      assert.ok(
        isAscending(
          game.order(`Received ${signal}, shutting down`, "Quitting: signal.", "Saving map as", "Goodbye"),
        ),
      );
      assert.ok(statSync(save).mtimeMs > before);
    });
  }

  it("keeps running after the end of stdin", async () => {
    const game = await install.start(install.writeSave("world", EMPTY));
    game.endInput();
    await game.waitFor("Got EOF on stdin; closing");
    game.kill("SIGTERM");
    assert.equal(await game.exited, 0);
  });

  it("refuses a second instance on the same write-data and leaves the first one's log alone", async () => {
    const save = install.writeSave("world", EMPTY);
    const first = await install.start(save);
    const second = install.run("--start-server", save, "--port", "0");
    assert.equal(await second.exited, 1);
    assert.match(second.text, /Couldn't acquire exclusive lock for .*\/\.lock/);
    assert.match(second.text, /^Is another instance already running\?$/m);
    assert.equal(await first.quit(), 0);
    assert.match(readFileSync(install.path("factorio-current.log"), "utf8"), /Goodbye/);
  });

  it("takes over the lock and the save of a killed instance", async () => {
    const save = install.writeSave("world", EMPTY);
    const first = await install.start(save);
    first.kill("SIGKILL");
    assert.equal(await first.exited, "SIGKILL");
    assert.ok(existsSync(install.path(".lock")));
    const second = await install.start(save);
    assert.equal(await second.quit(), 0);
    assert.ok(existsSync(install.path("factorio-previous.log")));
  });

  it("fails with 1 when the game port is taken", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind({ address: "127.0.0.1", port: 0 }, resolve));
    const game = install.run(
      "--start-server",
      install.writeSave("world", EMPTY),
      "--bind",
      `127.0.0.1:${socket.address().port}`,
    );
    assert.equal(await game.exited, 1);
    socket.close();
    assert.ok(
      isAscending(
        game.order(
          "MultiplayerManager failed: Host address is already in use.",
          "to(InitializationFailed)",
          "Exit point.",
          "Goodbye",
        ),
      ),
      game.text,
    );
  });

  it("fails with 1 when the RCON port is taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
    const address = server.address();
    assert.ok(typeof address === "object" && address);
    const save = install.writeSave("world", EMPTY);
    const game = install.run(
      "--start-server",
      save,
      "--port",
      "0",
      "--rcon-bind",
      `127.0.0.1:${address.port}`,
      "--rcon-password",
      "x",
    );
    assert.equal(await game.exited, 1);
    server.close();
    assert.match(
      game.text,
      /Error CommandLineMultiplayer\.cpp:364: Hosting multiplayer game failed: Can't bind socket: Address already in use/,
    );
  });

  it("names file and line of faulty settings", async () => {
    const settings = install.path("server-settings.json");
    writeFileSync(settings, '{\n  "name": "x",\n}\n');
    const game = install.run("--start-server", install.writeSave("world", EMPTY), "--port", "0");
    assert.equal(await game.exited, 1);
    const at = game.lines.findIndex((line) => line.endsWith("Hosting multiplayer game failed:"));
    assert.equal(game.lines[at + 1], `Invalid comma before '}' at ${settings}:3`);
  });

  it("fails with 1 for missing, torn and newer saves", async () => {
    mkdirSync(install.path("saves"));
    writeFileSync(install.path("saves", "torn.zip"), "not a zip");
    const newer = install.writeSave("newer", EMPTY, "2.1.11");
    const cases: [string, RegExp][] = [
      [install.path("saves", "missing.zip"), /MultiplayerManager failed: "/],
      [install.path("saves", "torn.zip"), /MultiplayerManager failed: ".*\(Bad zip file\)"/],
      [
        newer,
        /MultiplayerManager failed: "Map version 2\.1\.11-0 cannot be loaded because it is higher than the game version \(2\.0\.77-0\)\."/,
      ],
    ];
    for (const [save, expected] of cases) {
      const game = install.run("--start-server", save, "--port", "0");
      assert.equal(await game.exited, 1);
      assert.match(game.text, expected);
      assert.ok(
        isAscending(game.order("to(CreatingGame)", "to(InitializationFailed)", "to(Closed)", "Goodbye")),
        game.text,
      );
    }
  });

  it("loads the newest save and never an unfinished one", async () => {
    const old = install.writeSave("old", EMPTY);
    const fresh = install.writeSave("fresh", EMPTY);
    const unfinished = install.path("saves", "fresh.tmp.zip");
    writeFileSync(unfinished, "half");
    utimesSync(old, 1000, 1000);
    utimesSync(fresh, 2000, 2000);
    const game = install.run("--start-server-load-latest", "--port", "0");
    await game.waitFor(`Loading map ${fresh}`);
    await game.waitFor("Maximum segment size");
    assert.equal(await game.quit(), 0);
  });

  it("hosts a scenario folder, which has no place to be saved to", async () => {
    mkdirSync(install.path("scenarios", "mine"), { recursive: true });
    writeFileSync(install.path("scenarios", "mine", "control.lua"), 'print("scenario is up")');
    const game = install.run("--start-server-load-scenario", "mine", "--port", "0");
    await game.waitFor("scenario is up");
    await game.waitFor("Maximum segment size");
    assert.equal(await game.quit(), 0);
    assert.match(game.text, /Can't save to default location: Default location not known/);
  });

  it("says so when the disk is full at the last save", async () => {
    const save = install.writeSave("world", EMPTY);
    const game = await install.start(save);
    const control = await SimulatorControl.connect(install.directory);
    await control.fault("fail-save", "ENOSPC");
    control.close();
    assert.equal(await game.quit(), 1);
    assert.match(game.text, /Cannot save map: .*No space left on device/);
    assert.doesNotMatch(game.text, /100\.000000%/);
  });

  it("leaves a half-written file behind when it is killed while saving", async () => {
    const save = install.writeSave("world", EMPTY);
    const game = await install.start(save);
    const control = await SimulatorControl.connect(install.directory);
    await control.fault("delay-save", "60000");
    game.send("/server-save");
    await game.waitFor("Saving game as");
    while (!readdirSync(install.path("saves")).includes("world.tmp.zip")) await delay(5);
    game.kill("SIGKILL");
    await game.exited;
    control.close();
    assert.equal(await (await install.start(save)).quit(), 0);
  });

  it("costs next to nothing while nobody is online", async () => {
    if (!existsSync("/proc/self/stat"))
      return console.log("      skipped: no /proc to read processor time from");
    const game = await install.start(
      install.writeSave("world", { "control.lua": "script.on_event(0, function() end)" }),
    );
    const pid = JSON.parse(readFileSync(install.path("factorio-sim-control.json"), "utf8")) as {
      pid: number;
    };
    const ticks = (): number => {
      const fields = readFileSync(`/proc/${pid.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return Number(fields[11]) + Number(fields[12]);
    };
    await delay(500);
    const before = ticks();
    await delay(1000);
    assert.ok(ticks() - before <= 3, `used ${ticks() - before} clock ticks in a second`);
    assert.equal(await game.quit(), 0);
  });
});

describe("the game's process as version 1.1", function () {
  this.timeout(60_000);

  it("has the old banner, sentinel tick and global table", async () => {
    const install = new TestInstall("1.1.110");
    try {
      const save = install.writeSave("old", {
        "control.lua": "script.on_init(function() global.x = 1 print(game.table_to_json(global)) end)",
      });
      const game = await install.start(save);
      assert.match(game.text, /^\{"x":1\}$/m);
      assert.match(game.text, /updateTick\(4294967295\) changing state from\(Ready\)/);
      assert.doesNotMatch(game.text, /FeatureFlag|space-age/);
      assert.equal(await game.quit(), 0);
    } finally {
      install.dispose();
    }
  });
});
