import assert from "node:assert/strict";
import { fileTimestamp, instanceDirectoryName } from "./instance-directory.js";

describe("folder name of an instance", () => {
  it("keeps letters and digits of the name", () => {
    assert.equal(instanceDirectoryName("k3x", "Nauvis Nord 2"), "k3x-nauvis-nord-2");
    assert.equal(instanceDirectoryName("k3x", "Übergröße"), "k3x-ubergro-e");
  });

  it("takes nothing from names that are hostile to paths", () => {
    for (const name of [
      "../../etc",
      "/",
      "a/../b",
      "CON",
      "..",
      "x\\y",
      "файл",
      "💣",
      "a".repeat(80),
      "-rf *",
      "C:\\x",
    ]) {
      assert.match(instanceDirectoryName("k3x", name), /^k3x(-[a-z0-9]+)*$/);
      assert.ok(instanceDirectoryName("k3x", name).length <= 44);
    }
  });

  it("has timestamps that every file system takes", () => {
    assert.equal(fileTimestamp(new Date(0)), "1970-01-01_00-00-00-000");
  });
});
