import assert from "node:assert/strict";
import { scriptCommandWord } from "./script-commands.js";

describe("scriptCommandWord", () => {
  it("names the commands that run Lua or cheat, however they are written", () => {
    const words = ["c", "command", "sc", "silent-command", "mc", "measured-command", "cheat", "editor"];
    for (const word of words) {
      for (const command of [
        `/${word}`,
        `/${word} x`,
        ` /${word}\tgame.print(1)`,
        `/${word.toUpperCase()} /config`,
      ])
        assert.equal(scriptCommandWord(command), word, command);
    }
  });

  it("lets pass what only begins alike, and what is no command", () => {
    const others = [
      "/config get name",
      "/clear",
      "/color red",
      "/commands",
      "/scx",
      "/c-x",
      "/",
      "c",
      "say /c x",
      "",
    ];
    for (const command of others) assert.equal(scriptCommandWord(command), undefined, command);
  });
});
