import assert from "node:assert/strict";
import { segmentTicks } from "../../rcon/segments.js";
import { defaultSettings } from "../../server/server-settings.js";
import { durationText } from "./info.js";

describe("small rules of the console", () => {
  it("tell durations as the game does", () => {
    assert.equal(durationText(0), "0 seconds");
    assert.equal(durationText(7 * 60), "7 seconds");
    assert.equal(
      durationText((86_400 + 11 * 3600 + 60 + 26) * 60),
      "1 day, 11 hours, 1 minute and 26 seconds",
    );
  });

  it("cut commands into segments of 100 bytes, and of 25 with many players", () => {
    const settings = defaultSettings();
    assert.equal(segmentTicks(1000, 1, settings), 10);
    assert.equal(segmentTicks(1000, 10, settings), 10);
    assert.equal(segmentTicks(1000, 20, settings), 40);
    assert.equal(segmentTicks(1000, 50, settings), 40);
  });
});
