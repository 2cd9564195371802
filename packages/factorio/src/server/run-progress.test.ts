import assert from "node:assert/strict";
import { NO_PROGRESS, progressAfter } from "./run-progress.js";

describe("run progress", () => {
  it("knows who is online, also when a line is heard twice", () => {
    let progress = NO_PROGRESS;
    const after = (type: "join" | "leave", player: string): readonly string[] =>
      (progress = progressAfter(progress, { type, player })).players;
    assert.deepEqual(after("join", "Anna"), ["Anna"]);
    assert.deepEqual(after("join", "Anna"), ["Anna"]);
    assert.deepEqual(after("join", "Bob"), ["Anna", "Bob"]);
    assert.deepEqual(after("leave", "Anna"), ["Bob"]);
    assert.deepEqual(after("leave", "Anna"), ["Bob"]);
    assert.deepEqual(NO_PROGRESS.players, []);
  });
});
