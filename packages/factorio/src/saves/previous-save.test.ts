import assert from "node:assert/strict";
import { link, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import { EVENT_HANDLER_SCRIPT, writeTestModule, writeTestSave } from "../testing/test-saves.js";
import { listSaves } from "./list-saves.js";
import type { LuaModule } from "./lua-module.js";
import { patchSave } from "./patch-save.js";
import { acceptPatchedSave, restoreSave } from "./previous-save.js";

describe("the save from before a patch", () => {
  let folder: TestFolder;
  let save: string;
  let original: Buffer;
  let core: LuaModule;
  beforeEach(async () => {
    folder = await makeTestFolder();
    save = folder.file("world.zip");
    await writeTestSave(save, EVENT_HANDLER_SCRIPT);
    await utimes(save, 1000, 1000.123);
    original = await readFile(save);
    core = await writeTestModule(folder.file("lua"), "core", {
      load: ["a.lua"],
      files: { "a.lua": "return {}" },
    });
  });
  afterEach(() => folder.remove());

  const patch = () => patchSave({ input: save, output: save, modules: [core], keepPrevious: true });
  const files = async () => (await readdir(folder.path)).filter((name) => name !== "lua").sort();

  it("is kept until the patch is accepted, is never listed, and comes back byte for byte", async () => {
    await patch();
    assert.deepEqual(await files(), ["world.zip", "world.zip.before-patch"]);
    assert.deepEqual(
      (await listSaves(folder.path)).map(({ name }) => name),
      ["world.zip"],
    );
    assert.equal(Math.round((await stat(save)).mtimeMs), 1_000_123);
    assert.equal(await restoreSave(save), true);
    assert.deepEqual(await readFile(save), original);
    assert.deepEqual(await files(), ["world.zip"]);
    await patch();
    await acceptPatchedSave(save);
    await acceptPatchedSave(save);
    assert.deepEqual(await files(), ["world.zip"]);
    assert.equal(await restoreSave(save), false);
  });

  it("stays the last good one over several patches that never ran", async () => {
    await patch();
    await writeFile(`${core.directory}/a.lua`, "error('bad')");
    assert.equal((await patch()).changed, true);
    assert.equal((await patch()).changed, false);
    assert.equal(await restoreSave(save), true);
    assert.deepEqual(await readFile(save), original);
  });

  it("never replaces what was played since", async () => {
    await patch();
    await writeTestSave(save, EVENT_HANDLER_SCRIPT, { "played.txt": "for hours" });
    const played = await readFile(save);
    assert.equal(await restoreSave(save), false);
    assert.deepEqual(await readFile(save), played);
    assert.deepEqual(await files(), ["world.zip"]);
    await writeFile(`${save}.before-patch`, original);
    await utimes(`${save}.before-patch`, 1000, 1000);
    await patch();
    assert.equal(await restoreSave(save), true);
    assert.deepEqual(await readFile(save), played);
  });

  it("comes back when the patched save is gone, and after a crash between keeping and patching", async () => {
    await link(save, `${save}.before-patch`);
    await patch();
    assert.equal(await restoreSave(save), true);
    await link(save, `${save}.before-patch`);
    await restoreSave(save);
    assert.deepEqual(await files(), ["world.zip"]);
    assert.deepEqual(await readFile(save), original);
    await link(save, `${save}.before-patch`);
    await rm(save);
    assert.equal(await restoreSave(save), true);
    assert.deepEqual(await readFile(save), original);
  });

  it("is not kept when nothing changes, or when the copy goes elsewhere", async () => {
    await patchSave({ input: save, output: folder.file("copy.zip"), modules: [core], keepPrevious: true });
    await patchSave({ input: save, output: save, modules: [], keepPrevious: true });
    assert.deepEqual(await files(), ["copy.zip", "world.zip"]);
  });
});
