import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { SimulatorControl } from "../control/simulator-control.js";
import { RawRcon } from "../testing/rcon-client.test.support.js";
import { isAscending, TestInstall } from "../testing/game-process.test.support.js";

describe("the level's script", function () {
  this.timeout(60_000);
  let install: TestInstall;
  beforeEach(() => {
    install = new TestInstall();
  });
  afterEach(() => install.dispose());

  it("runs on_init once and keeps storage with shared references over saves", async () => {
    const save = install.writeSave("world", {
      "control.lua": `
        script.on_init(function() storage.list = {1, {x = "é"}} storage.same = storage.list print("init", game ~= nil) end)
        script.on_load(function() print("load", game == nil, storage.same == storage.list, storage.list[2].x) end)`,
    });
    const first = await install.start(save);
    await first.waitFor("init\ttrue");
    assert.equal(await first.quit(), 0);
    const second = await install.start(save);
    await second.waitFor("load\ttrue\ttrue\té");
    assert.doesNotMatch(second.text, /^init/m);
    assert.equal(await second.quit(), 0);
  });

  it("runs on_init when a map is created, as the game does", async () => {
    const create = install.run("--create", install.path("saves", "fresh.zip"));
    assert.equal(await create.exited, 0);
    const game = await install.start(install.path("saves", "fresh.zip"));
    const rcon = await RawRcon.authenticated(game.rconPort);
    assert.equal(await rcon.lua("rcon.print(storage.created_items['iron-plate'])"), "8\n");
    assert.equal(
      await rcon.command("/sc rcon.print(remote.call('freeplay', 'get_created_items').wood)"),
      "1\n",
    );
    rcon.close();
    assert.equal(await game.quit(), 0);
  });

  it("resolves modules of the save, of the library and of neighbours, each once", async () => {
    const save = install.writeSave("world", {
      "control.lua": `
        local a, b = require("modules/x/main"), require("modules.x.main")
        print("same", a == b, require("__level__/lib").name, require("event_handler").add_lib ~= nil)`,
      "lib.lua": 'return {name = "lib"}',
      "modules/x/main.lua": 'print("loaded once") return {neighbour = require("neighbour")}',
      "modules/x/neighbour.lua": "return true",
    });
    const game = await install.start(save);
    assert.match(game.text, /^same\ttrue\tlib\ttrue$/m);
    assert.equal(game.lines.filter((line) => line === "loaded once").length, 1);
    assert.equal(await game.quit(), 0);
  });

  it("combines libraries through event_handler in their order", async () => {
    const save = install.writeSave("world", {
      "control.lua": `
        local handler = require("event_handler")
        local lib = {on_init = function() print("init a") end, events = {[defines.events.on_console_chat] = function() print("a") end}}
        handler.add_lib(lib)
        handler.add_lib({on_init = function() print("init b") end, events = {[defines.events.on_console_chat] = function() print("b") end},
          add_commands = function() commands.add_command("greet", "greets", function(e) rcon.print("hello " .. tostring(e.parameter)) end) end})
        print(pcall(handler.add_lib, lib))`,
    });
    const game = await install.start(save);
    assert.match(game.text, /^false\t.*Trying to register same lib twice$/m);
    assert.ok(isAscending(game.order("init a", "init b")));
    game.send("hello");
    await game.waitFor(/^b$/);
    assert.ok(game.lines.indexOf("a") < game.lines.indexOf("b"));
    const rcon = await RawRcon.authenticated(game.rconPort);
    assert.equal(await rcon.command("/greet you"), "hello you\n");
    rcon.close();
    assert.equal(await game.quit(), 0);
  });

  it("swallows the first Lua command of a map until it is repeated, once and for all", async () => {
    const save = install.writeSave("world", { "control.lua": "" });
    const first = await install.start(save);
    const rcon = await RawRcon.authenticated(first.rconPort);
    const code = "/sc rcon.print('disabled')";
    assert.match(
      await rcon.command(code),
      /^Using Lua console commands will disable achievements\. Please repeat the command to proceed\.\n$/,
    );
    await first.waitFor("[WARNING] Using Lua console commands will disable achievements.");
    assert.equal(await rcon.command(code), "disabled\n");
    rcon.close();
    assert.equal(await first.quit(), 0);
    const second = await install.start(save);
    const again = await RawRcon.authenticated(second.rconPort);
    assert.equal(await again.command(code), "disabled\n");
    assert.equal(await again.command("/sc rcon.print(game.console_command_used)"), "true\n");
    again.close();
    assert.equal(await second.quit(), 0);
  });

  it("answers errors of commands in the game's words", async () => {
    const game = await install.start(install.writeSave("world", { "control.lua": "" }));
    const rcon = await RawRcon.authenticated(game.rconPort);
    await rcon.lua("rcon.print(1)");
    const replies: [string, string][] = [
      ["/sc blah", 'Cannot execute command. Error: [string "blah"]:1: syntax error near <eof>\n'],
      [
        "/sc o.o = 1",
        "Cannot execute command. Error: (command):1: attempt to index global 'o' (a nil value)\n",
      ],
      ["/sc game.foo()", "Cannot execute command. Error: LuaGameScript doesn't contain key foo.\n"],
      ["/sc game.tick = 5", "Cannot execute command. Error: LuaGameScript::tick is read only.\n"],
      [
        "/sc game.print()",
        "Cannot execute command. Error: value for required parameter 1 (message) is missing\n",
      ],
      [
        "/sc require('util')",
        "Cannot execute command. Error: (command):1: Require can't be used outside of control.lua parsing.\n",
      ],
      ["/sc rcon.print(helpers.json_to_table('{'))", "nil\n"],
      ["/sc rcon.print(helpers.decode_string(helpers.encode_string('a\\0b')) == 'a\\0b')", "true\n"],
    ];
    for (const [command, expected] of replies) assert.equal(await rcon.command(command), expected);
    // The error of an echoed command is on the console only.
    assert.equal(await rcon.command("/c blah"), "");
    await game.waitFor(/^\d{4}-.* \[COMMAND\] <server> \(command\): blah$/);
    await game.waitFor(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d Cannot execute command\. Error: \[string "blah"\]:1: syntax error near <eof>$/,
    );
    assert.equal(await rcon.command("/c log('here')"), "");
    await game.waitFor(/Script =\(command\):1: here$/);
    rcon.close();
    assert.equal(await game.quit(), 0);
  });

  it("ends the server without a save when a handler fails", async () => {
    const save = install.writeSave("world", { "control.lua": "" });
    const before = readFileSync(save);
    const game = await install.start(save);
    const rcon = await RawRcon.authenticated(game.rconPort);
    await rcon.lua("script.on_nth_tick(1, function() o.o = 1 end)");
    assert.equal(await game.exited, 1);
    rcon.close();
    const block = game.text.slice(game.text.indexOf("Error MainLoop.cpp:1488: Exception at tick"));
    assert.match(
      block,
      /^Error MainLoop.*: The scenario level caused a non-recoverable error\.\nPlease report this error to the scenario author\.\n\nError while running event level::on_nth_tick\(1\)\n\(command\):1: attempt to index global 'o' \(a nil value\)\nstack traceback:/,
    );
    assert.ok(
      isAscending(
        game.order(
          "Exception at tick",
          "MultiplayerManager failed: ",
          "from(InGame) to(Failed)",
          "Quitting: multiplayer error.",
          "Goodbye",
        ),
      ),
    );
    assert.deepEqual(readFileSync(save), before);
  });

  it("ends the server when storage cannot be saved", async () => {
    const save = install.writeSave("world", {
      "control.lua": "script.on_init(function() storage.f = function() end end)",
    });
    const game = await install.start(save);
    assert.equal(await game.quit(), 1);
    assert.match(game.text, /Error while running event level::on_save\(\)/);
  });

  it("fails the start when on_init or control.lua fails", async () => {
    const bad = install.run(
      "--start-server",
      install.writeSave("a", { "control.lua": "script.on_init(function() x.y = 1 end)" }),
      "--port",
      "0",
    );
    assert.equal(await bad.exited, 1);
    assert.match(
      bad.text,
      /MultiplayerManager failed: "Error while running on_init: __level__\/control\.lua:1: attempt to index global 'x'/,
    );
    const broken = install.run(
      "--start-server",
      install.writeSave("b", { "control.lua": "this is not Lua" }),
      "--port",
      "0",
    );
    assert.equal(await broken.exited, 1);
    assert.match(broken.text, /MultiplayerManager failed: ".*__level__\/control\.lua:1: /);
  });

  it("ticks at 60 a second while somebody plays, and prints to players, files and the log", async () => {
    const save = install.writeSave("world", {
      "control.lua": `
        script.on_nth_tick(60, function(e)
          if e.tick == 0 then return end
          game.print({"", "tick ", e.nth_tick})
          helpers.write_file("out/ticks.txt", e.tick .. "\\n", true, 0)
          log("ticked")
        end)`,
    });
    const game = await install.start(save);
    const control = await SimulatorControl.connect(install.directory);
    await control.join("Alice");
    const start = performance.now();
    const from = (await control.status()).tick;
    await control.waitForPrint("tick 60");
    await control.waitForPrint("tick 60");
    const ticks = (await control.status()).tick - from;
    const rate = (ticks * 1000) / (performance.now() - start);
    assert.ok(rate > 45 && rate < 75, `ran at ${rate} ticks a second`);
    assert.doesNotMatch(game.text, /^tick 60$/m);
    await game.waitFor(/Script @__level__\/control\.lua:6: ticked$/);
    assert.match(readFileSync(install.path("script-output", "out", "ticks.txt"), "utf8"), /^60\n/);
    control.close();
    assert.equal(await game.quit(), 0);
  });

  it("calls on_configuration_changed when the game's version changed", async () => {
    const script =
      'script.on_configuration_changed(function(data) print("changed " .. data.mod_changes.base.old_version) end)';
    const save = install.writeSave("world", { "control.lua": script });
    assert.equal(await (await install.start(save)).quit(), 0);
    const newer = new TestInstall("2.0.78");
    try {
      const game = await newer.start(save);
      assert.match(game.text, /^changed 2\.0\.77$/m);
      assert.equal(await game.quit(), 0);
    } finally {
      newer.dispose();
    }
  });

  it("sends datagrams only with --enable-lua-udp", async () => {
    const receiver = createSocket("udp4");
    await new Promise<void>((resolve) => receiver.bind({ address: "127.0.0.1", port: 0 }, resolve));
    const received = new Promise<string>((resolve) =>
      receiver.once("message", (data) => resolve(data.toString())),
    );
    const script = `script.on_init(function() helpers.send_udp(${receiver.address().port}, "hello") end)`;
    const game = await install.start(
      install.writeSave("world", { "control.lua": script }),
      "--enable-lua-udp",
      "0",
    );
    assert.equal(await received, "hello");
    receiver.close();
    assert.equal(await game.quit(), 0);
  });

  it("hangs the whole server in an endless loop, and only SIGKILL helps", async () => {
    const game = await install.start(install.writeSave("world", { "control.lua": "" }));
    game.send("/c while true do end");
    game.send("/c while true do end");
    await game.waitFor("[COMMAND] <server> (command): while true do end");
    game.kill("SIGTERM");
    const outcome = await Promise.race([
      game.exited,
      new Promise((resolve) => setTimeout(() => resolve("still there"), 500)),
    ]);
    assert.equal(outcome, "still there");
    game.kill("SIGKILL");
    assert.equal(await game.exited, "SIGKILL");
  });
});
