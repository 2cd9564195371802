"use strict";

const { appendFileSync } = require("node:fs");
const { Runner, reporters } = require("mocha");

const LEAK_PATIENCE_MS = 30_000;

/**
 * Mocha's spec output, and the counts as one JSON line in the file SWITCHYARD_TEST_COUNTS. When the process does not
 * end after its last test, something was left open: that is named, and the run fails instead of hanging.
 */
module.exports = class SwitchyardReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      writeCounts({ passed: passes, failed: failures, skipped: pending });
      failOnLeaks();
    });
  }
};

function writeCounts(counts) {
  const file = process.env.SWITCHYARD_TEST_COUNTS;
  if (file) appendFileSync(file, `${JSON.stringify(counts)}\n`);
}

function failOnLeaks() {
  const timer = setTimeout(() => {
    const left = process.getActiveResourcesInfo().join(", ");
    process.stderr.write(
      `The tests are over, but ${LEAK_PATIENCE_MS / 1000} s later this is still open: ${left}\n`,
    );
    writeCounts({ passed: 0, failed: 1, skipped: 0 });
    process.exit(1);
  }, LEAK_PATIENCE_MS);
  timer.unref();
}
