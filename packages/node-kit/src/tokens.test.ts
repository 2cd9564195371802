import assert from "node:assert/strict";
import { isPeerId } from "@switchyard/protocol";
import { createId, createToken, hashToken, TOKEN_PATTERN } from "./tokens.js";

describe("tokens", () => {
  it("say what they are for, differ, and are found in texts", () => {
    const tokens = (["host", "user", "session", "link"] as const).map(createToken);
    assert.deepEqual(
      tokens.map((token) => token.slice(0, 4)),
      ["swh_", "swu_", "sws_", "swl_"],
    );
    assert.equal(new Set(Array.from({ length: 100 }, () => createToken("user"))).size, 100);
    for (const token of tokens) assert.equal(`x=${token};`.replace(TOKEN_PATTERN, "*"), "x=*;");
    assert.match(hashToken(tokens[0] ?? ""), /^[0-9a-f]{64}$/);
  });

  it("and ids fit addresses", () => {
    for (let made = 0; made < 100; made += 1) assert.ok(isPeerId(createId()));
  });
});
