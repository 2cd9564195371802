import { say, seconds } from "./say.mjs";

/**
 * Runs steps `{ name, run() → { code, output } }`, some at a time. Each is reported when it ends: one line, and what
 * it wrote when it failed or `verbose` asks for it. Answers the results in the order of the steps.
 */
export async function runSteps(steps, { atOnce = 1, verbose = false } = {}) {
  const results = new Array(steps.length);
  let next = 0;
  const work = async () => {
    while (next < steps.length) {
      const index = next++;
      results[index] = await runStep(steps[index], verbose);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, steps.length) }, work));
  return results;
}

async function runStep(step, verbose) {
  const startedAtMs = Date.now();
  const result = await step.run().catch((error) => ({ code: 1, output: String(error?.stack ?? error) }));
  const passed = result.code === 0;
  const counts = result.counts ? `, ${describe(result.counts)}` : "";
  say(`${passed ? "ok    " : "FAILED"} ${step.name} (${seconds(startedAtMs)}${counts})`);
  if (result.output && (verbose || !passed)) process.stdout.write(`${result.output.trimEnd()}\n`);
  return { name: step.name, passed, ...result };
}

export function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
