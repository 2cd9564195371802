import assert from "node:assert/strict";
import { runChaos } from "./run-chaos.js";

describe("a cluster whose parts are killed and cut", function () {
  this.timeout(120_000);

  it("lets every message of its games take effect once and in order", async function () {
    if (process.platform !== "linux") {
      console.log("skipped: only on Linux do servers outlive their host agent");
      return this.skip();
    }
    // The seed gives kills of the host, also in the midst of an adoption, of the controller and of both, and a cut link.
    const result = await runChaos({ target: "all", faults: 6, seed: 28, rate: 1000 });
    const lost = result.instances.map(({ longestGapMs: _, sent: __, tookEffect: ___, ...rest }) => rest);
    const whole = { lost: 0, doubled: 0, outOfOrder: 0, isAlive: true };
    assert.deepEqual(
      lost,
      ["alpha", "beta"].map((name) => ({ name, ...whole })),
    );
    for (const { sent, tookEffect } of result.instances) assert.ok(sent > 1000 && tookEffect === sent);
    assert.ok(result.adoptionsMs.length > 0);
  });
});
