import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CONTROLLER,
  controlAddress,
  hostAddress,
  instanceAddress,
  isPeerId,
  parseAddress,
} from "./address.js";

describe("addresses", () => {
  it("name one peer, or all of a kind", () => {
    assert.deepEqual(parseAddress(CONTROLLER), { kind: "controller" });
    assert.deepEqual(parseAddress(hostAddress("h-1")), { kind: "host", id: "h-1" });
    assert.deepEqual(parseAddress(instanceAddress("0")), { kind: "instance", id: "0" });
    assert.deepEqual(parseAddress(controlAddress("a_b")), { kind: "control", id: "a_b" });
    assert.deepEqual(parseAddress("hosts"), { kind: "broadcast", to: "host" });
    assert.deepEqual(parseAddress("instances"), { kind: "broadcast", to: "instance" });
    assert.deepEqual(parseAddress("controls"), { kind: "broadcast", to: "control" });
  });

  for (const text of [
    "",
    "host",
    "host/",
    "/h",
    "host/H",
    "host/a/b",
    "host/-a",
    `host/${"a".repeat(65)}`,
    "controller/x",
    "hosts/x",
    "broadcast/x",
    "constructor",
    "__proto__",
    "host/a\n",
    " host/a",
  ]) {
    it(`are not ${JSON.stringify(text)}`, () => {
      assert.equal(parseAddress(text), undefined);
    });
  }

  it("are read back as they were made, for every id", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,63}$/), (id) => {
        assert.ok(isPeerId(id));
        assert.deepEqual(parseAddress(instanceAddress(id)), { kind: "instance", id });
      }),
    );
  });
});
