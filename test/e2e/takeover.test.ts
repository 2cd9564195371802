import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  FactorioServer,
  findInstalls,
  inspectSave,
  luaCall,
  patchSave,
  readLuaModule,
  selectInstall,
} from "@switchyard/factorio";
import { installSimulator } from "@switchyard/simulator";
import { freePort, temporaryDirectory } from "@switchyard/test-kit";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const SAVE = join(REPOSITORY, "..", "shared", "fixtures", "saves", "clusterio-patched-2.0.72.zip");

describe("a save that Clusterio has patched", () => {
  let directory: string;

  before(async function () {
    if (!existsSync(SAVE)) {
      console.log("skipped: ../shared/fixtures/saves is not here");
      this.skip();
    }
    directory = await temporaryDirectory();
  });

  after(async () => {
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  it("is taken over: its scenario and our modules run, its old modules do not", async () => {
    const writeDirectory = join(directory, "write");
    const savePath = join(writeDirectory, "saves", "taken.zip");
    await mkdir(join(writeDirectory, "saves"), { recursive: true });
    const modules = await Promise.all(
      ["lua-modules/core", "plugins/global-chat/lua"].map((path) => readLuaModule(join(REPOSITORY, path))),
    );
    const result = await patchSave({ input: SAVE, output: savePath, modules });
    assert.equal(result.takenOverFrom, "clusterio");
    assert.deepEqual(result.modules, ["switchyard_core", "global_chat"]);
    assert.equal((await patchSave({ input: savePath, output: savePath, modules })).changed, false);

    // The map inside was last saved by 2.1.11, whatever the file's name says.
    installSimulator({ directory: join(directory, "factorio"), version: "2.1.14" });
    const server = new FactorioServer({
      install: selectInstall(await findInstalls(join(directory, "factorio")), "latest"),
      writeDirectory,
      savePath,
      gamePort: await freePort(),
      rconPort: await freePort(),
      rconPassword: "test",
    });
    await server.start();
    try {
      const ask = async (lua: string) => (await server.rcon.send(`/sc rcon.print(${lua})`)).trim();
      // The first script command on a map is answered with a warning and has to be repeated as it was.
      await ask("1");
      assert.equal(await ask("1"), "1");
      await server.rcon.send(luaCall("switchyard_core.set_instance", ["abc", "taken", "start-1"]));
      assert.equal(await ask("storage.switchyard_core.instance_name"), "taken");
      assert.equal(await ask("tostring(remote.interfaces.switchyard ~= nil)"), "true");
      for (const old of ["clusterio_api", "surface_export"]) {
        assert.equal(await ask(`tostring(remote.interfaces["${old}"])`), "nil");
      }
    } finally {
      await server.stop();
    }
    const info = await inspectSave(savePath);
    assert.deepEqual([info.script, info.modules.length], ["switchyard", 2]);
  });
});
