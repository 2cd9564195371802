import assert from "node:assert/strict";
import { isInRange, parseVersionRange } from "./version-range.js";

function accepts(range: string, version: string): boolean {
  const parsed = parseVersionRange(range);
  assert(parsed, `${range} is a range`);
  return isInRange(version, parsed);
}

describe("version ranges", () => {
  it("hold for the versions they mean and no others", () => {
    const cases: [range: string, inside: string[], outside: string[]][] = [
      ["*", ["0.0.1", "9.9.9"], []],
      ["1.2.3", ["1.2.3"], ["1.2.4", "1.2.2"]],
      ["= 1.2", ["1.2.0", "1.2.9"], ["1.3.0", "1.1.9"]],
      [">= 1.2", ["1.2.0", "1.10.0", "2.0.0"], ["1.1.99"]],
      [">1.2", ["1.2.1"], ["1.2.0"]],
      [">=1.0 <2.0", ["1.0.0", "1.99.0"], ["2.0.0", "0.9.0"]],
      ["<= 2", ["2.0.0", "1.5.0"], ["2.0.1"]],
      ["^1.2.0", ["1.2.0", "1.9.0"], ["1.1.0", "2.0.0"]],
      ["^0.2.1", ["0.2.1", "0.2.9"], ["0.3.0", "0.2.0"]],
      ["~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0", "1.2.2"]],
      ["~1", ["1.0.0", "1.9.0"], ["2.0.0"]],
    ];
    for (const [range, inside, outside] of cases) {
      for (const version of inside) assert.equal(accepts(range, version), true, `${range} has ${version}`);
      for (const version of outside)
        assert.equal(accepts(range, version), false, `${range} lacks ${version}`);
    }
  });

  it("are refused when they cannot be read", () => {
    for (const text of ["", "latest", ">=", "1.2.3.4", "=>1.0", "1.x", ">= 1.0, < 2.0", "1.0 || 2.0"])
      assert.equal(parseVersionRange(text), undefined, text);
  });
});
