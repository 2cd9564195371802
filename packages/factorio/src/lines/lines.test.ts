import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { fixture } from "../testing/fixtures.js";
import { FailureCollector } from "./failures.js";
import { interpretLine } from "./interpret-line.js";
import type { ServerEvent } from "./server-event.js";
import { parseServerLine } from "./server-line.js";

function meaning(raw: string): ServerEvent | undefined {
  return interpretLine(parseServerLine(raw));
}

function failureOf(text: string): { reason: string; text: string } | undefined {
  const collector = new FailureCollector();
  for (const raw of text.split("\n")) collector.push(parseServerLine(raw));
  return collector.result;
}

describe("parseServerLine", () => {
  it("gives every line of the full run its shape", function () {
    const lines = readFileSync(fixture(this, "logs/headless-2.0.77-full-run.txt"), "utf8")
      .trimEnd()
      .split("\n");
    const shapes: Record<string, number> = {};
    for (const raw of lines) {
      const line = parseServerLine(raw);
      assert.equal(line.raw, raw);
      shapes[line.shape] = (shapes[line.shape] ?? 0) + 1;
      if (line.shape === "bare") assert.match(raw, /^(Players \(0\):|2\.0\.77|7 seconds)$/);
      if (line.shape === "action") assert.match(raw, /\[CHAT\]/);
      if (line.shape === "engine") assert.doesNotMatch(raw, /\.cpp:\d+: /);
    }
    assert.deepEqual(shapes, { engine: 35, log: 33, bare: 3, action: 1 });
  });

  it("gives every line of the failed start its shape", function () {
    const lines = readFileSync(fixture(this, "logs/headless-2.0.55-start-failure.txt"), "utf8")
      .trimEnd()
      .split("\n");
    for (const raw of lines) {
      assert.equal(parseServerLine(raw).shape, raw.includes(".cpp:") ? "log" : "engine", raw);
    }
  });

  it("reads times beyond the fixed width, Lua sources and dated text", () => {
    assert.deepEqual(parseServerLine("1343827.623 Script @__level__/modules/x/t.lua:7: a: b"), {
      shape: "log",
      seconds: 1343827.623,
      level: "Script",
      source: "@__level__/modules/x/t.lua:7",
      text: "a: b",
      raw: "1343827.623 Script @__level__/modules/x/t.lua:7: a: b",
    });
    assert.equal(parseServerLine(" 344.683 Script =(command):1: test").shape, "log");
    assert.equal(
      parseServerLine('2019-01-20 10:30:14 Cannot execute command. Error: [string "b"]:1: x').shape,
      "dated",
    );
  });

  it("never fails, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (raw) => {
        assert.equal(parseServerLine(raw).raw, raw);
        meaning(raw);
        meaning(`   0.567 Info X.cpp:1: ${raw}`);
        meaning(`2026-08-02 02:16:35 [CHAT] ${raw}`);
      }),
    );
  });
});

describe("interpretLine", () => {
  it("tells the story of the full run in order", function () {
    const text = readFileSync(fixture(this, "logs/headless-2.0.77-full-run.txt"), "utf8");
    const events = text
      .trimEnd()
      .split("\n")
      .map(meaning)
      .filter((event) => event !== undefined);
    const told = events
      .filter((event) => event.type !== "modLoaded")
      .map((event) => {
        return event.type === "stateChange" ? `${event.from}>${event.to}` : event.type;
      });
    assert.deepEqual(told, [
      ...[
        "banner",
        "diskSpace",
        "Ready>PreparedToHostGame",
        "PreparedToHostGame>CreatingGame",
        "mapVersion",
        "hosting",
      ],
      ...[
        "CreatingGame>InGame",
        "rconReady",
        "chat",
        "signal",
        "quitting",
        "savingStarted",
        "saveProgress",
        "saveProgress",
      ],
      ...[
        "InGame>DisconnectingScheduled",
        "DisconnectingScheduled>Disconnecting",
        "Disconnecting>Disconnected",
      ],
      ...["Disconnected>Closed", "goodbye"],
    ]);
    assert.deepEqual(events[0], {
      type: "banner",
      version: { major: 2, minor: 0, patch: 77 },
      build: 84539,
      platform: "linux64",
      flavour: ["headless", "space-age"],
      startedAt: "2026-08-02 02:16:26",
    });
    assert.deepEqual(
      events.find((event) => event.type === "rconReady"),
      { type: "rconReady", address: "0.0.0.0:27019" },
    );
    assert.deepEqual(
      events.find((event) => event.type === "diskSpace"),
      { type: "diskSpace", freeMb: 543644, totalMb: 943782 },
    );
  });

  it("does not take a marker from chat, a command reply or a Lua log", () => {
    const marker = "updateTick(0) changing state from(CreatingGame) to(InGame)";
    assert.equal(meaning(marker), undefined);
    assert.deepEqual(meaning(`2026-08-02 02:16:35 [CHAT] eve: ${marker}`), {
      type: "chat",
      player: "eve",
      text: marker,
    });
    assert.equal(meaning(`   1.277 Script @__level__/control.lua:7: ${marker}`), undefined);
    assert.deepEqual(meaning("2026-08-02 02:16:35 [CHAT] eve: bob: hi"), {
      type: "chat",
      player: "eve",
      text: "bob: hi",
    });
    assert.deepEqual(meaning("2026-08-02 02:16:35 [CHAT] eve: [JOIN] bob joined the game"), {
      type: "chat",
      player: "eve",
      text: "[JOIN] bob joined the game",
    });
  });

  it("reads players and admin actions", () => {
    const at = "2019-01-20 10:30:04";
    assert.deepEqual(meaning(`${at} [JOIN] User joined the game`), { type: "join", player: "User" });
    assert.deepEqual(meaning(`${at} [JOIN] User joined the game.`), { type: "join", player: "User" });
    for (const text of [
      "left the game",
      "was dropped from the game.",
      "was disconnected for being AFK.",
      "is switching servers.",
    ]) {
      assert.deepEqual(meaning(`${at} [LEAVE] User ${text}`), { type: "leave", player: "User" });
    }
    const slow =
      "User's computer or network could not keep up with the server, so they have been disconnected.";
    assert.deepEqual(meaning(`${at} [LEAVE] ${slow}`), { type: "leave", player: "User" });
    assert.deepEqual(meaning(`${at} [COMMAND] <server> (command): rcon.print('a: b')`), {
      type: "command",
      player: "<server>",
      text: "rcon.print('a: b')",
    });
    const ban = "grilledham (not on map) was banned by <server>. Reason: unspecified.";
    assert.deepEqual(meaning(`${at} [BAN] ${ban}`), { type: "ban", player: "grilledham", text: ban });
    const unban = "User was unbanned by <server>.";
    assert.deepEqual(meaning(`${at} [UNBANNED] ${unban}`), { type: "unban", player: "User", text: unban });
    assert.equal(meaning(`${at} [COLOR] User's color is now red.`), undefined);
  });

  it("reads saving in the words of 1.1 and 2.0", () => {
    assert.deepEqual(meaning("4802.763 Info AppManager.cpp:287: Saving to _autosave4 (blocking)."), {
      type: "savingStarted",
      kind: "autosave",
      name: "_autosave4",
    });
    assert.deepEqual(meaning("   4.574 Info AppManager.cpp:416: Saving game as /srv/saves/reforge.zip"), {
      type: "savingStarted",
      kind: "save",
      name: "/srv/saves/reforge.zip",
    });
    assert.deepEqual(meaning("4202.780 Info AppManagerStates.cpp:1802: Saving finished"), {
      type: "savingFinished",
    });
    assert.equal(
      meaning("15087.874 Info ServerMultiplayerManager.cpp:1228: Auto saving map as /srv/a.zip"),
      undefined,
    );
  });
});

describe("FailureCollector", () => {
  it("finds the first cause in the captured failed start", function () {
    const text = readFileSync(fixture(this, "logs/headless-2.0.55-start-failure.txt"), "utf8");
    const failure = failureOf(text.trimEnd());
    assert.equal(failure?.reason, "no-permission");
    assert.match(failure?.text ?? "", /create_directories/);
  });

  const cases: [string, string][] = [
    [
      "bad-json",
      "   0.6 Error CommandLineMultiplayer.cpp:355: Hosting multiplayer game failed:\nUnexpected end of file at /srv/server-settings.json:1",
    ],
    [
      "rcon-port-taken",
      "   0.575 Error CommandLineMultiplayer.cpp:364: Hosting multiplayer game failed: Can't bind socket: Address already in use",
    ],
    [
      "port-taken",
      "   0.575 Error ServerMultiplayerManager.cpp:84: MultiplayerManager failed: Host address is already in use.",
    ],
    [
      "lock-held",
      "   0.000 Error Util.cpp:83: Couldn't acquire exclusive lock for /srv/.lock\nIs another instance already running?",
    ],
    [
      "lock-held",
      "   0.000 Error Util.cpp:81: Couldn't create lock file C:\\f\\.lock: 32.\nIs another instance already running?",
    ],
    [
      "no-permission",
      "   0.000 Error Util.cpp:83: Couldn't create lock file /factorio/.lock: Permission denied.",
    ],
    [
      "no-permission",
      '   0.5 Error ServerMultiplayerManager.cpp:84: MultiplayerManager failed: "Binding IPv4 socket failed: Permission denied"',
    ],
    [
      "save-too-new",
      '   0.5 Error ServerMultiplayerManager.cpp:84: MultiplayerManager failed: "Map version 2.1.14-1 cannot be loaded because it is higher than the game version (2.0.77-0)."',
    ],
    [
      "save-too-old",
      '   0.5 Error ServerMultiplayerManager.cpp:84: MultiplayerManager failed: "Map version 0.12.1-1 cannot be loaded because it is lower than the minimum input version (1.0.0)."',
    ],
    [
      "save-corrupt",
      '   0.5 Error ServerMultiplayerManager.cpp:84: MultiplayerManager failed: "level.dat not found."',
    ],
    [
      "mod-failed",
      '   0.015 Error Util.cpp:81: Failed to load mod "flib": \n• flib\n    • Incompatible Factorio version (current: 2.0, required: 2.1)',
    ],
    [
      "verification-required",
      "   0.5 Error CommandLineMultiplayer.cpp:183: require_user_verification must be enabled for public games.",
    ],
    [
      "script-error",
      " 110.207 Error MainLoop.cpp:1488: Exception at tick 5880: The mod BotBridge (0.0.1) caused a non-recoverable error.\nPlease report this error to the mod author.\n\nError while running event BotBridge::on_nth_tick(60)",
    ],
    [
      "crashed",
      "10932.315 Error CrashHandler.cpp:641: Received SIGSEGV\nFactorio crashed. Generating symbolized stacktrace, please wait ...",
    ],
    [
      "disk-full",
      "   1.893 Error PlayerData.cpp:446: Failed to save player data: Error when writing to file: No space left on device. File: /a.json.",
    ],
    ["unknown", '   0.5 Error ServerMultiplayerManager.cpp:84: MultiplayerManager failed: "something new"'],
  ];
  for (const [reason, text] of cases) {
    it(`names ${reason} from: ${text.slice(0, 90).replace(/\n/g, "⏎")}`, () => {
      const failure = failureOf(text);
      assert.equal(failure?.reason, reason);
      assert.equal(failure?.text.split("\n").length, text.split("\n").length);
    });
  }

  it("ignores errors that the server survives", () => {
    assert.equal(
      failureOf(
        "   6.826 Error ServerMultiplayerManager.cpp:633: Matching server connection failed: Missing token.",
      ),
      undefined,
    );
    assert.equal(
      failureOf(
        "727.133 Error RemoteCommandProcessor.cpp:326: RCON connection read failed: Can't read socket: Connection reset by peer",
      ),
      undefined,
    );
    assert.equal(
      failureOf("   5.998 Error InterruptibleStdioStream.cpp:55: Got EOF on stdin; closing"),
      undefined,
    );
    assert.equal(
      failureOf(
        "   0.010 Error GlobalModSettings.cpp:161: Failed to read mod settings: Map version 1.1.110-0 cannot be loaded because it is higher than the game version (1.1.91-0).",
      ),
      undefined,
    );
  });
});
