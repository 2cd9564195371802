import assert from "node:assert/strict";
import { freeNames } from "./instances.js";

describe("names of new instances", () => {
  it("are Greek letters that are not taken yet", () => {
    assert.deepEqual(freeNames(new Set(["alpha"]), 2), ["beta", "gamma"]);
  });

  it("go on with numbers after omega", () => {
    const names = freeNames(new Set(), 26);
    assert.equal(names[23], "omega");
    assert.deepEqual(names.slice(24), ["alpha-2", "beta-2"]);
    assert.equal(new Set(names).size, 26);
  });
});
