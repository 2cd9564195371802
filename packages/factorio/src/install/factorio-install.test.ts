import assert from "node:assert/strict";
import { mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compareGameVersions, formatGameVersion, parseGameVersion } from "../versions.js";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import { findInstalls, selectInstall } from "./factorio-install.js";

describe("findInstalls", () => {
  let folder: TestFolder;
  beforeEach(async () => (folder = await makeTestFolder()));
  afterEach(() => folder.remove());

  async function install(name: string, files: Record<string, string>): Promise<string> {
    for (const [file, text] of Object.entries({ "bin/x64/factorio": "", ...files })) {
      await mkdir(dirname(join(folder.path, name, file)), { recursive: true });
      await writeFile(join(folder.path, name, file), text);
    }
    return join(folder.path, name);
  }

  it("reads the version from the changelog, then from base, and follows links", async () => {
    await install("a", {
      "data/changelog.txt": `${"-".repeat(99)}\nVersion: 2.0.77\nDate: x\n${"-".repeat(99)}\nVersion: 2.0.76\n`,
    });
    const elsewhere = await makeTestFolder();
    try {
      await mkdir(join(elsewhere.path, "bin/x64"), { recursive: true });
      await mkdir(join(elsewhere.path, "data/base"), { recursive: true });
      await writeFile(join(elsewhere.path, "bin/x64/factorio"), "");
      await writeFile(join(elsewhere.path, "switchyard-simulator.json"), "{}");
      await writeFile(join(elsewhere.path, "data/base/info.json"), '{"version":"1.1.110"}');
      await symlink(elsewhere.path, folder.file("b"), "junction");
      await install("broken", {});
      const found = await findInstalls(folder.path);
      assert.deepEqual(
        found.map((item) => [formatGameVersion(item.version), item.isSimulator]),
        [
          ["2.0.77", false],
          ["1.1.110", true],
        ],
      );
      assert.equal(found[1]?.executable, join(await realpath(elsewhere.path), "bin/x64/factorio"));
      assert.deepEqual(await findInstalls(folder.file("a")), [found[0]]);
      assert.equal(selectInstall(found, "latest"), found[0]);
      assert.equal(selectInstall(found, "1.1"), found[1]);
      assert.throws(
        () => selectInstall(found, "2.1"),
        /no Factorio 2\.1 here \(installed: 2\.0\.77, 1\.1\.110\)/,
      );
    } finally {
      await elsewhere.remove();
    }
  });

  it("says what is wrong with a folder", async () => {
    await assert.rejects(findInstalls(folder.file("none")), { code: "install-not-found" });
    await assert.rejects(findInstalls(folder.path), { code: "install-not-found" });
    await install("broken", {});
    await assert.rejects(findInstalls(folder.path), { code: "install-version-unknown" });
  });
});

describe("game versions", () => {
  it("are read leniently and compared by number", () => {
    assert.deepEqual(parseGameVersion("1.02.3"), { major: 1, minor: 2, patch: 3 });
    assert.deepEqual(parseGameVersion(" 2.0"), { major: 2, minor: 0, patch: 0 });
    assert.deepEqual(parseGameVersion("2.0.77-1"), { major: 2, minor: 0, patch: 77, build: 1 });
    assert.equal(parseGameVersion("2"), undefined);
    assert.equal(parseGameVersion("70000.1.1"), undefined);
    const [a, b] = [parseGameVersion("2.0.9"), parseGameVersion("2.0.10")];
    assert(a && b && compareGameVersions(a, b) < 0);
  });
});
