import assert from "node:assert/strict";
import { ArgumentError, parseGameArguments } from "./options.js";

describe("the game's arguments", () => {
  it("take values after a space or an equals sign", () => {
    const options = parseGameArguments([
      "--start-server=a b.zip",
      "--port",
      "5",
      "--rcon-port=6",
      "-c",
      "x.ini",
      "--no-log-rotation",
    ]);
    assert.deepEqual(options.mode, { kind: "start", save: "a b.zip" });
    assert.equal(options.port, 5);
    assert.deepEqual(options.rconBind, { address: "0.0.0.0", port: 6 });
    assert.equal(options.config, "x.ini");
    assert.equal(options.logRotation, false);
  });

  it("take flags with or without a word for yes and no", () => {
    assert.equal(parseGameArguments(["--use-server-whitelist"]).useWhitelist, true);
    assert.equal(parseGameArguments(["--use-server-whitelist", "true"]).useWhitelist, true);
    assert.equal(parseGameArguments(["--use-server-whitelist", "--port", "1"]).port, 1);
    assert.equal(parseGameArguments(["--use-server-whitelist=false"]).useWhitelist, false);
  });

  it("understand bind addresses of both families", () => {
    const four = parseGameArguments(["--bind", "1.2.3.4:99"]);
    assert.deepEqual([four.bindAddress, four.port], ["1.2.3.4", 99]);
    const six = parseGameArguments(["--bind", "[::1]:98"]);
    assert.deepEqual([six.bindAddress, six.port], ["::1", 98]);
    assert.deepEqual(parseGameArguments(["--rcon-bind", "127.0.0.1:7"]).rconBind, {
      address: "127.0.0.1",
      port: 7,
    });
  });

  it("are refused when unknown, unfinished or out of range", () => {
    for (const args of [["--what"], ["stray"], ["--port"], ["--port", "70000"]]) {
      assert.throws(() => parseGameArguments(args), ArgumentError, args.join(" "));
    }
  });
});
