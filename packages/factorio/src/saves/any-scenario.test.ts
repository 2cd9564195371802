import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import JSZip from "jszip";
import { FactorioError, type FactorioErrorCode } from "../errors.js";
import { fixture } from "../testing/fixtures.js";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import { EVENT_HANDLER_SCRIPT, writeTestModule, writeTestSave } from "../testing/test-saves.js";
import { inspectSave } from "./inspect-save.js";
import type { LuaModule } from "./lua-module.js";
import { patchSave } from "./patch-save.js";

async function contents(path: string): Promise<Record<string, string>> {
  const zip = await JSZip.loadAsync(await readFile(path));
  const found: Record<string, string> = {};
  for (const [name, file] of Object.entries(zip.files)) found[name] = await file.async("base64");
  return found;
}

function refusal(code: FactorioErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof FactorioError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

describe("patching any scenario", () => {
  let folder: TestFolder;
  let core: LuaModule;
  let input: string;
  beforeEach(async () => {
    folder = await makeTestFolder();
    input = folder.file("in.zip");
    core = await writeTestModule(folder.file("lua"), "core", {
      load: ["impl.lua"],
      files: { "impl.lua": "return {}", "locale/en/text.cfg": "[core]\na=ours" },
    });
  });
  afterEach(() => folder.remove());

  const patch = (modules: LuaModule[]) => patchSave({ input, output: input, modules });

  it("gives one that registers its own handlers a script of its own, and takes all of it out again", async function () {
    const save = fixture(this, "saves/campaign-scenario-1.1.zip");
    const output = folder.file("out.zip");
    const result = await patchSave({ input: save, output, modules: [core] });
    assert.deepEqual([result.scenario, result.patchNumber], ["custom", 1]);
    const [before, after] = [await contents(save), await contents(output)];
    const control = Buffer.from(after["test1_1_14/control.lua"] ?? "", "base64").toString();
    assert.deepEqual(control.split("\n").slice(3), [
      "-- The scenario registers its own event handlers, so it and event_handler get a `script` each",
      'local scenario = require("modules/switchyard_scenario/scenario")',
      'scenario.enter("modules")',
      'local event_handler = require("event_handler")',
      "",
      "-- The save's own script",
      'scenario.enter("scenario")',
      'require("scenario")',
      "",
      "-- Modules: core",
      'scenario.enter("modules")',
      'event_handler.add_lib(require("modules/core/impl"))',
      "",
      "scenario.start()",
      "",
    ]);
    for (const [name, content] of Object.entries(before))
      if (name !== "test1_1_14/control.lua") assert.equal(after[name], content, name);
    assert("test1_1_14/modules/switchyard_scenario/scenario.lua" in after);
    assert.equal((await patchSave({ input: output, output, modules: [core] })).changed, false);
    assert.equal((await patchSave({ input: output, output, modules: [] })).changed, true);
    assert.deepEqual(await contents(output), before);
  });

  it("takes everything for a script of its own kind that might use `script` past event_handler", async () => {
    const custom = [
      "local s = script\ns.on_event(1, f)",
      "setup(script)",
      'script["on_event"](1, f)',
      'require("story")',
      'require("lib." .. name)',
      "script.set_event_filter(1, {})",
    ];
    const known = [
      EVENT_HANDLER_SCRIPT,
      'require("silo-script") -- script.on_event',
      'if script.active_mods["space-age"] then require("util") end',
      "local id = script.generate_event_name()",
    ];
    for (const [texts, kind] of [
      [custom, "custom"],
      [known, "event-handler"],
    ] as const) {
      for (const text of texts) {
        await writeTestSave(input, text);
        assert.equal((await inspectSave(input)).script, kind, text);
      }
    }
  });

  it("leaves a scenario's own folder `modules` and its translations alone", async () => {
    await writeTestSave(input, "script.on_init(f)", {
      "modules/": "",
      "modules/chat.lua": "return 1",
      "modules/core/theirs.lua": "return 2",
      "locale/en/core-text.cfg": "[core]\na=theirs",
    });
    const before = await contents(input);
    await patch([core]);
    const patched = await contents(input);
    for (const name of Object.keys(before))
      if (name !== "world/control.lua") assert.equal(patched[name], before[name], name);
    assert("world/modules/core/impl.lua" in patched);
    assert.match(
      Buffer.from(patched["world/locale/en/switchyard-core-text.cfg"] ?? "", "base64").toString(),
      /ours/,
    );
    assert.equal((await patch([core])).changed, false);
    // The list of the patch is lost: its own files are still told from the scenario's.
    const zip = await JSZip.loadAsync(await readFile(input));
    zip.remove("world/switchyard.json");
    await writeFile(input, await zip.generateAsync({ type: "nodebuffer" }));
    await writeFile(`${core.directory}/impl.lua`, "return { new = true }");
    await patch([core]);
    await patch([]);
    const after = await contents(input);
    // All but the scenario's file in the folder of our module.
    const shared = Object.keys(before).filter((name) => name.startsWith("world/modules/core/"));
    assert.deepEqual(
      Object.entries(before).filter(([name]) => !shared.includes(name)),
      Object.entries(after),
    );
  });

  it("names the file where a module and the scenario collide, in any case, and writes nothing", async () => {
    for (const [file, module] of [
      ["modules/core/impl.lua", core],
      ["modules/CORE/Impl.lua", core],
      ["scenario.lua", core],
      ["modules/switchyard_scenario/scenario.lua", core],
    ] as const) {
      await writeTestSave(input, "script.on_init(f)", { [file]: "return 3" });
      const before = await readFile(input);
      const words = new RegExp(`has a file ${file.replace(".", "\\.")} of its own.*Rename`);
      await assert.rejects(patch([module]), refusal("save-unsupported-scenario", words));
      assert.deepEqual(await readFile(input), before);
    }
    await writeTestSave(input, "script.on_init(f)");
    await assert.rejects(
      patch([{ ...core, name: "switchyard_scenario" }]),
      refusal("module-invalid", /belongs to the patch itself/),
    );
  });

  it("brings the runtime along only where it is needed", async () => {
    await writeTestSave(input, "script.on_init(f)");
    await patch([core]);
    assert("world/modules/switchyard_scenario/event_filter.lua" in (await contents(input)));
    const zip = await JSZip.loadAsync(await readFile(input));
    zip.file("world/scenario.lua", EVENT_HANDLER_SCRIPT);
    await writeFile(input, await zip.generateAsync({ type: "nodebuffer" }));
    assert.equal((await patch([core])).scenario, "event-handler");
    const after = await contents(input);
    assert(!Object.keys(after).some((name) => name.includes("switchyard_scenario")));
  });
});
