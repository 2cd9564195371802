import assert from "node:assert/strict";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { makeTestFolder } from "../testing/test-folder.js";
import { listSaves } from "./list-saves.js";

describe("listSaves", () => {
  it("lists saves newest first, without unfinished ones, folders and other files", async () => {
    const folder = await makeTestFolder();
    try {
      assert.deepEqual(await listSaves(folder.file("none")), []);
      await mkdir(folder.file("folder.zip"));
      for (const [index, name] of [
        "old.zip",
        "_autosave1.zip",
        "world.tmp.zip",
        "notes.txt",
        "NEW.ZIP",
      ].entries()) {
        await writeFile(folder.file(name), "12345");
        await utimes(folder.file(name), 1000 + index, 1000 + index);
      }
      const saves = await listSaves(folder.path);
      assert.deepEqual(
        saves.map((save) => [save.name, save.sizeBytes, save.modifiedAtMs]),
        [
          ["NEW.ZIP", 5, 1_004_000],
          ["_autosave1.zip", 5, 1_001_000],
          ["old.zip", 5, 1_000_000],
        ],
      );
    } finally {
      await folder.remove();
    }
  });
});
