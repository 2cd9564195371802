import assert from "node:assert/strict";
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FactorioInstall } from "../install/factorio-install.js";
import { FAKE_SERVER } from "../testing/fixtures.js";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import { createSave } from "./create-save.js";
import { writeServerFiles } from "./server-files.js";

describe("createSave and writeServerFiles", () => {
  let folder: TestFolder;
  let install: FactorioInstall;
  beforeEach(async () => {
    folder = await makeTestFolder();
    const executable = folder.file("fake.mjs");
    await writeFile(executable, await readFile(FAKE_SERVER));
    install = {
      directory: folder.path,
      executable,
      dataDirectory: "/data",
      version: { major: 2, minor: 0, patch: 77 },
      isSimulator: true,
    };
  });
  afterEach(async () => {
    delete process.env["FAKE_SERVER"];
    await folder.remove();
  });

  it("makes a save, or says why not", async () => {
    const writeDirectory = folder.file("instance");
    const savePath = join(writeDirectory, "saves", "world.zip");
    await createSave({ install, writeDirectory, savePath });
    assert((await stat(savePath)).isFile());
    process.env["FAKE_SERVER"] = JSON.stringify({
      lines: ['   0.015 Error Util.cpp:81: Failed to load mod "x": Missing required dependency y'],
      exitCode: 1,
    });
    await assert.rejects(createSave({ install, writeDirectory, savePath }), {
      code: "save-create-failed",
      message: /Missing required dependency y/,
    });
  });

  it("writes the files under the names the game looks for, with defaults below the settings", async () => {
    const writeDirectory = folder.file("instance");
    await mkdir(writeDirectory);
    await writeServerFiles({ writeDirectory, install, settings: { name: "A" }, admins: ["alice"] });
    assert.deepEqual((await readdir(writeDirectory)).sort(), [
      "config.ini",
      "saves",
      "server-adminlist.json",
      "server-settings.json",
    ]);
    assert.match(
      await readFile(join(writeDirectory, "config.ini"), "utf8"),
      /^\[path\]\nread-data=\/data\nwrite-data=.*instance\n$/,
    );
    const settings = JSON.parse(
      await readFile(join(writeDirectory, "server-settings.json"), "utf8"),
    ) as Record<string, unknown>;
    assert.deepEqual(
      [settings["name"], settings["visibility"], settings["auto_pause"]],
      ["A", { public: false, lan: false }, true],
    );
    assert.deepEqual(JSON.parse(await readFile(join(writeDirectory, "server-adminlist.json"), "utf8")), [
      "alice",
    ]);
  });
});
