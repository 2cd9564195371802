import assert from "node:assert/strict";
import { SimulatorControl } from "../control/simulator-control.js";
import { RawRcon } from "../testing/rcon-client.test.support.js";
import { TestInstall } from "../testing/game-process.test.support.js";

/** Lua expression → what `rcon.print` shows of it. Alice is online, Bob has left. */
const EXPRESSIONS: [string, string][] = [
  ["#game.players, #game.connected_players", "2 1"],
  ["game.players.Alice.index, game.players[2].name, game.players.nobody", "1 Bob nil"],
  ["game.get_player('Bob').connected, game.get_player(9)", "false nil"],
  ["game.players[1] == game.get_player('Alice')", "true"],
  ["game.forces.player.name, game.forces[2].name, #game.forces", "player enemy 3"],
  ["game.surfaces.nauvis.index, game.surfaces[1].name, game.surfaces.x", "1 nauvis nil"],
  [
    "game.players.Alice.object_name, game.players.Alice.valid, game.object_name",
    "LuaPlayer true LuaGameScript",
  ],
  ["pcall(function() return game.players.Alice.foo end)", "false LuaPlayer doesn't contain key foo."],
  ["pcall(function() game.players.Alice.name = 'x' end)", "false LuaPlayer::name is read only."],
  ["game.players.Alice.force.name, game.players.Alice.surface.name", "player nauvis"],
  [
    "game.players.Alice.teleport({5.001, -3}), serpent.line(game.players.Alice.position)",
    "true {x = 5, y = -3}",
  ],
  [
    "(function() game.players.Bob.color = {r = 255, g = 0, b = 0} return serpent.line(game.players.Bob.color) end)()",
    "{a = 1, b = 0, g = 0, r = 1}",
  ],
  [
    "(function() local t = {} for k, p in pairs(game.players) do t[#t + 1] = k .. p.name end return table.concat(t, ',') end)()",
    "1Alice,2Bob",
  ],
  ["game.is_multiplayer(), game.speed, game.tick_paused, game.console_command_used", "true 1 false true"],
  ["helpers.game_version, helpers.compare_versions('2.0.9', '2.0.10')", "2.0.77 -1"],
  ["helpers.table_to_json({a = {}, b = {1, 2}, c = 'x'})", '{"a":{},"b":[1,2],"c":"x"}'],
  ["helpers.json_to_table('[1,{\"a\":null}]')[1]", "1"],
  ["pcall(helpers.write_file, '../escape.txt', 'x')", "false Invalid path: ../escape.txt"],
  ["script.mod_name, script.active_mods.base, script.feature_flags.quality", "level 2.0.77 true"],
  ["prototypes.item['iron-plate'], #prototypes.entity, settings.startup.x", "nil 0 nil"],
  [
    "defines.disconnect_reason.kicked, defines.events.on_tick, defines.events.on_player_joined_game ~= nil",
    "7 0 true",
  ],
  ["remote.interfaces.calc.add, remote.call('calc', 'add', 2, 3)", "true 5"],
  ["pcall(remote.call, 'calc', 'sub')", "false No such function: calc.sub"],
  ["pcall(remote.call, 'none', 'x')", "false Unknown interface: none"],
  [
    "pcall(script.raise_event, defines.events.on_tick, {})",
    "false Event on_tick (ID 0) can't be raised through script.",
  ],
  ["pcall(script.on_event, 'no-such-input', print)", "false Unknown event name: no-such-input"],
  ["(function() script.raise_event(my_event, {value = 5}) return seen end)()", "5"],
  ["script.get_event_handler(my_event) ~= nil, commands.commands.greet", "true says hello"],
  [
    "pcall(function() return game.permissions end)",
    "false Switchyard simulator: LuaGameScript.permissions is not simulated.",
  ],
  ["table_size({1, 2, a = 3}), serpent.line({1, x = 'a\\nb'})", '3 {1, x = "a\\nb"}'],
];

const CONTROL = `
my_event = script.generate_event_name()
script.on_event(my_event, function(event) seen = event.value end)
remote.add_interface("calc", {add = function(a, b) return a + b end})
commands.add_command("greet", "says hello", function() end)
function show(...)
  local texts = {}
  for index = 1, select("#", ...) do texts[index] = tostring((select(index, ...))) end
  rcon.print(table.concat(texts, " "))
end
`;

describe("the runtime API", function () {
  this.timeout(60_000);
  let install: TestInstall;
  let rcon: RawRcon;
  let control: SimulatorControl;
  before(async () => {
    install = new TestInstall();
    const game = await install.start(install.writeSave("world", { "control.lua": CONTROL }));
    control = await SimulatorControl.connect(install.directory);
    await control.join("Alice");
    await control.join("Bob");
    await control.leave("Bob");
    rcon = await RawRcon.authenticated(game.rconPort);
    await rcon.lua("rcon.print(1)");
  });
  after(() => {
    rcon.close();
    control.close();
    install.dispose();
  });

  for (const [expression, expected] of EXPRESSIONS) {
    it(`gives ${expected} for ${expression}`, async () => {
      assert.equal(await rcon.command(`/sc show(${expression})`), `${expected}\n`);
    });
  }

  it("keeps references to players in storage, and knows promotions made by scripts", async () => {
    await rcon.command("/sc storage.who = game.players.Bob game.players.Alice.admin = true");
    assert.equal(await rcon.command("/admins"), "  Alice (online)\n");
    await rcon.command("/server-save");
    assert.equal(await rcon.command("/sc show(storage.who.name)"), "Bob\n");
  });

  it("kicks and bans from scripts", async () => {
    await rcon.command("/sc game.ban_player('Mallory', 'no') game.kick_player('Alice')");
    assert.equal(await rcon.command("/banlist get Mallory"), "Mallory is banned.\n");
    assert.equal(await rcon.command("/players online"), "Online players (0):\n");
  });
});
