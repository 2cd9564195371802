import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { SimulatorControl } from "../control/simulator-control.js";
import { isAscending, TestInstall, type GameProcess } from "../testing/game-process.test.support.js";

const SCRIPT = `
script.on_event(defines.events.on_player_created, function(e) print("created " .. e.player_index) storage.p = game.get_player(e.player_index) end)
script.on_load(function() print("restored " .. tostring(storage.p and storage.p.name)) end)
script.on_event(defines.events.on_player_joined_game, function(e) print("joined " .. game.get_player(e.player_index).name) end)
script.on_event(defines.events.on_pre_player_left_game, function(e) print("pre-left " .. tostring(game.players[e.player_index].connected)) end)
script.on_event(defines.events.on_player_left_game, function(e) print("left " .. e.reason) end)
script.on_event(defines.events.on_console_chat, function(e) print("chat " .. tostring(e.player_index) .. " " .. e.message) end)
`;

describe("players", function () {
  this.timeout(60_000);
  let install: TestInstall;
  let game: GameProcess;
  let control: SimulatorControl;
  beforeEach(async () => {
    install = new TestInstall();
    game = await install.start(install.writeSave("world", { "control.lua": SCRIPT }));
    control = await SimulatorControl.connect(install.directory);
  });
  afterEach(() => {
    control.close();
    install.dispose();
  });

  it("join with the game's lines and events, and keep their index", async () => {
    const player = await control.join("Alice");
    assert.deepEqual([player.index, player.isConnected], [1, true]);
    await game.waitFor("[JOIN] Alice joined the game");
    assert.ok(
      isAscending(
        game.order(
          "ConnectionRequestReplyConfirm",
          "from(InGame) to(InGameSavingMap)",
          "oldState(Ready) newState(ConnectedWaitingForMap)",
          "Serving map(",
          "from(InGameSavingMap) to(InGame)",
          "newState(ConnectedLoadingMap)",
          "processed PlayerJoinGame peerID(1) playerIndex(0) mode(connect) ",
          "created 1",
          "joined Alice",
          "oldState(WaitingForCommandToStartSendingTickClosures) newState(InGame)",
        ),
      ),
      game.text,
    );
    await control.join("Bob");
    await control.leave("Alice");
    const again = await control.join("Alice");
    assert.equal(again.index, 1);
    assert.equal(game.lines.filter((line) => line.startsWith("created ")).length, 2);
    await game.waitFor("peerID(3) playerIndex(0)");
  });

  it("see chat of players and of the server, which scripts hear too", async () => {
    await control.join("Alice");
    await control.join("Bob");
    await control.chat("Alice", "hi Bob");
    game.send("hi all");
    await game.waitFor("[CHAT] Alice: hi Bob");
    await game.waitFor("chat 1 hi Bob");
    await game.waitFor("chat nil hi all");
    assert.deepEqual((await control.view("Bob")).slice(-2), ["Alice: hi Bob", "<server>: hi all"]);
  });

  it("stop the clock when the last one leaves, and the map is saved a second later", async () => {
    await control.join("Alice");
    await control.step(10);
    await control.leave("Alice");
    const { tick, isPaused } = await control.status();
    assert.ok(isPaused);
    await game.waitFor("[LEAVE] Alice left the game");
    assert.ok(
      isAscending(
        game.order(
          "Disconnect notification for peer (1)",
          "newState(DisconnectScheduled)",
          "pre-left true",
          "removing peer(1)",
          "left 0",
        ),
      ),
    );
    await game.waitFor("Auto saving map as");
    await game.waitFor("Saving finished");
    assert.ok(
      isAscending(game.order("removing peer(1)", "Auto saving map as", "Saving game as", "Saving finished")),
    );
    assert.equal((await control.status()).tick, tick);
  });

  it("are kicked, banned, unbanned and refused", async () => {
    await control.join("Eve");
    game.send("/kick Eve spam");
    await game.waitFor("[KICK] Eve was kicked by <server>. Reason: spam.");
    await game.waitFor("left 7");
    game.send("/ban EVE");
    await game.waitFor("[BAN] Eve was banned by <server>. Reason: unspecified.");
    await assert.rejects(control.join("eve"), /UserBanned/);
    await game.waitFor("username (eve). UserBanned");
    assert.deepEqual(JSON.parse(readFileSync(install.path("server-banlist.json"), "utf8")), [
      { username: "EVE" },
    ]);
    game.send("/unban eve");
    await game.waitFor("[UNBANNED] EVE was unbanned by <server>.");
    await control.join("Eve");
    game.send("/ban Mallory too loud");
    await game.waitFor("[BAN] Mallory (not on map) was banned by <server>. Reason: too loud.");
  });

  it("enter commands, but only admins the powerful ones", async () => {
    await control.join("Alice");
    await control.chat("Alice", "/players");
    await control.chat("Alice", "/kick Alice");
    assert.deepEqual((await control.view("Alice")).slice(-2), [
      "Players (1):\n  Alice (online)",
      "Cannot run command (kick) - you are not an admin.",
    ]);
    game.send("/promote Alice");
    await game.waitFor("[PROMOTE] Alice was promoted to admin by <server>.");
    assert.deepEqual(JSON.parse(readFileSync(install.path("server-adminlist.json"), "utf8")), ["Alice"]);
  });

  it("who were online when the server was killed are dropped before the first tick", async () => {
    await control.join("Alice");
    game.send("/server-save");
    await game.waitFor("Saving finished");
    game.kill("SIGKILL");
    await game.exited;
    const second = await install.start(install.path("saves", "world.zip"));
    assert.ok(
      isAscending(second.order("restored Alice", "pre-left true", "left 1", "Hosting game at")),
      second.text,
    );
    assert.equal(await second.quit(), 0);
  });

  it("can be watched by waiting for a print, and a wrong token is refused", async () => {
    await control.join("Alice");
    const shown = control.waitForPrint("news");
    game.send("the news");
    assert.deepEqual((await shown).text.endsWith("the news"), true);
    await assert.rejects(control.waitForPrint("never", 50), /Nobody was shown/);
    const file = install.path("factorio-sim-control.json");
    const real = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...real, token: "wrong" }));
    await assert.rejects(SimulatorControl.connect(install.directory), /wrong token/);
  });
});
