import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import JSZip from "jszip";
import {
  createSave,
  FactorioServer,
  findInstalls,
  inspectSave,
  luaCall,
  patchSave,
  readLuaModule,
  selectInstall,
  type FactorioInstall,
  type LuaModule,
} from "@switchyard/factorio";
import { installSimulator } from "@switchyard/simulator";
import { freePort, temporaryDirectory } from "@switchyard/test-kit";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const FIXTURES = join(REPOSITORY, "..", "shared", "fixtures", "saves");

/** Handlers that come and go, all of the script's life cycle, and the events that our modules want too. */
const RAW_SCENARIO = `
local lib = require("modules.counter")
local on_chat
local function saved() return storage or global end
local function every_5() saved().fives = saved().fives + 1 end
own_event = script.generate_event_name()
on_chat = function(event)
  lib.count("chat")
  if event.message == "go" then
    script.on_event(own_event, function(e) lib.count("own-" .. e.word) end)
    script.on_nth_tick({ 5 }, every_5)
    saved().going = true
    script.raise_event(own_event, { word = "first" })
  elseif event.message == "stop" then
    script.on_event(own_event, nil)
    script.on_nth_tick(nil)
    saved().going = nil
    script.raise_event(own_event, { word = "never" })
  elseif event.message == "deaf" then
    script.on_event(defines.events.on_console_chat, nil)
  end
end
script.on_init(function()
  saved().counts = {}
  saved().fives = 0
  lib.count("init")
  script.on_event({ defines.events.on_console_chat, defines.events.on_player_joined_game }, on_chat)
end)
script.on_load(function()
  loads = "loaded"
  script.on_event({ defines.events.on_console_chat, defines.events.on_player_joined_game }, on_chat)
  if saved().going then
    script.on_event(own_event, function(e) lib.count("own-" .. e.word) end)
    script.on_nth_tick({ 5 }, every_5)
  end
end)
commands.add_command("hear", "", function() script.on_event(defines.events.on_console_chat, on_chat) end)
`;
const COUNTER = `
local lib = {}
function lib.count(name)
  local counts = (storage or global).counts
  counts[name] = (counts[name] or 0) + 1
end
return lib
`;

describe("any scenario, patched and started", () => {
  let directory: string;
  let modules: LuaModule[];

  before(async () => {
    directory = await temporaryDirectory();
    modules = await Promise.all(
      ["lua-modules/core", "plugins/global-chat/lua"].map((path) => readLuaModule(join(REPOSITORY, path))),
    );
    modules.push(await spyModule());
  });

  after(() => rm(directory, { recursive: true, force: true }));

  /** Counts the chat that modules hear, which is nobody else's business. */
  async function spyModule(): Promise<LuaModule> {
    const folder = join(directory, "spy");
    await mkdir(folder);
    await writeFile(join(folder, "module.json"), '{"name":"spy","version":"1.0.0","load":["spy.lua"]}');
    await writeFile(
      join(folder, "spy.lua"),
      `spy = { heard = 0 }
      return { events = { [defines.events.on_console_chat] = function() spy.heard = spy.heard + 1 end } }`,
    );
    return readLuaModule(folder);
  }

  async function installOf(version: string): Promise<FactorioInstall> {
    const root = join(directory, `factorio-${version}`);
    installSimulator({ directory: root, version });
    return selectInstall(await findInstalls(root), "latest");
  }

  /** Runs a save once; `ask` gives the text of a Lua expression. */
  async function play(
    install: FactorioInstall,
    savePath: string,
    use: (ask: (lua: string) => Promise<string>, server: FactorioServer) => Promise<void>,
  ): Promise<void> {
    const server = new FactorioServer({
      install,
      writeDirectory: dirname(dirname(savePath)),
      savePath,
      gamePort: await freePort(),
      rconPort: await freePort(),
      rconPassword: "test",
    });
    await server.start();
    try {
      const ask = async (lua: string) => (await server.rcon.send(`/sc rcon.print(tostring(${lua}))`)).trim();
      await ask("1"); // a map answers its first script command with a warning
      assert.equal(await ask("1"), "1");
      await use(ask, server);
    } finally {
      await server.stop();
    }
  }

  for (const [name, version] of [
    ["vanilla-2.0.55", "2.0.77"],
    ["clusterio-patched-2.0.72", "2.1.14"],
    ["campaign-scenario-1.1", "1.1.110"],
  ] as const) {
    it(`${name} runs its own script and ours on ${version}, again after a save, and alone after unpatching`, async function () {
      const fixture = join(FIXTURES, `${name}.zip`);
      if (!existsSync(fixture)) {
        console.log("skipped: ../shared/fixtures/saves is not here");
        return this.skip();
      }
      const install = await installOf(version);
      const savePath = join(directory, name, "saves", "world.zip");
      await mkdir(dirname(savePath), { recursive: true });
      await copyFile(fixture, savePath);
      const own = await scenarioText(savePath);
      await patchSave({ input: savePath, output: savePath, modules, keepPrevious: true });
      const isCampaign = name.startsWith("campaign");
      const life = isCampaign ? "global.story.story_index" : "storage.created_items['iron-plate']";
      for (const start of ["one", "two"]) {
        await play(install, savePath, async (ask, server) => {
          assert.equal(await ask(life), isCampaign ? "1" : "8");
          await server.rcon.send(luaCall("switchyard_core.set_instance", ["abc", name, start]));
          assert.equal(await ask("remote.call('switchyard', 'get_instance_name')"), name);
          await server.rcon.send("hello");
          assert.equal(await ask("spy.heard"), "1");
          if (isCampaign)
            assert.equal(await ask("script.get_event_handler(defines.events.on_console_chat)"), "nil");
        });
        assert.equal((await patchSave({ input: savePath, output: savePath, modules })).changed, false);
      }
      await patchSave({ input: savePath, output: savePath, modules: [] });
      assert.equal(await scenarioText(savePath), own);
      await play(install, savePath, async (ask) => {
        assert.equal(await ask(life), isCampaign ? "1" : "8");
        assert.equal(await ask("spy"), "nil");
      });
    });
  }

  for (const version of ["1.1.110", "2.0.77"]) {
    it(`one with handlers that come and go keeps them apart from the modules' on ${version}`, async () => {
      const install = await installOf(version);
      const writeDirectory = join(directory, `raw-${version}`);
      const savePath = join(writeDirectory, "saves", "world.zip");
      await mkdir(dirname(savePath), { recursive: true });
      await createSave({ install, writeDirectory, savePath });
      await addScripts(savePath, { "control.lua": RAW_SCENARIO, "modules/counter.lua": COUNTER });
      assert.equal((await patchSave({ input: savePath, output: savePath, modules })).scenario, "custom");
      const saved = version.startsWith("1.") ? "global" : "storage";
      await play(install, savePath, async (ask, server) => {
        await server.rcon.send("go");
        for (const name of ["init", "chat", "own-first"])
          assert.equal(await ask(`${saved}.counts["${name}"]`), "1", name);
        await server.rcon.send("deaf");
        await server.rcon.send("nobody but the module hears this");
        assert.equal(await ask(`${saved}.counts.chat`), "2");
        await server.rcon.send("/hear");
        await server.rcon.send("again");
        assert.equal(await ask(`${saved}.counts.chat`), "3");
        assert.equal(await ask("spy.heard"), "4");
      });
      await play(install, savePath, async (ask, server) => {
        assert.equal(await ask("loads"), "loaded");
        assert.equal(await ask("script.get_event_handler(own_event) ~= nil"), "true");
        await server.rcon.send("stop");
        assert.equal(await ask("script.get_event_handler(own_event)"), "nil");
        assert.equal(await ask(`${saved}.counts['own-never']`), "nil");
        assert.equal(await ask("spy.heard"), "1");
      });
      assert.equal((await inspectSave(savePath)).modules.length, 3);
    });
  }
});

/** The save's own control.lua, wherever it is now. */
async function scenarioText(path: string): Promise<string> {
  const zip = await JSZip.loadAsync(await readFile(path));
  const file = zip.file(/^[^/]+\/scenario\.lua$/)[0] ?? zip.file(/^[^/]+\/control\.lua$/)[0];
  return createHash("sha1")
    .update((await file?.async("nodebuffer")) ?? "")
    .digest("hex");
}

/** A new map of the simulator with other scripts, as if it had been made with that scenario. */
async function addScripts(path: string, scripts: Record<string, string>): Promise<void> {
  const zip = await JSZip.loadAsync(await readFile(path));
  const root = Object.keys(zip.files)[0]?.split("/")[0] ?? "";
  for (const [name, text] of Object.entries(scripts)) zip.file(`${root}/${name}`, text);
  for (const name of ["switchyard-sim.json", "switchyard-sim.dat"]) zip.remove(`${root}/${name}`);
  await writeFile(path, await zip.generateAsync({ type: "nodebuffer" }));
}
