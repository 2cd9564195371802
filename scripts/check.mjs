import os from "node:os";
import { ensureInstall } from "./lib/ensure-install.mjs";
import { FROM_SOURCE, inRoot, toolFile, TSX } from "./lib/places.mjs";
import { runNode } from "./lib/run.mjs";
import { runScript, say, ScriptError, seconds } from "./lib/say.mjs";
import { runSteps } from "./lib/steps.mjs";

const node = (name, ...args) => ({ name, run: () => runNode(args, { capture: true }) });

/** Types first: the other checks read what it emits. */
const TYPES = [node("types", toolFile("tsc"), "-b", "--pretty", "false")];

const MEANING = [
  node(
    "lint",
    toolFile("eslint"),
    ".",
    "--max-warnings",
    "0",
    "--cache",
    "--cache-strategy",
    "content",
    "--cache-location",
    inRoot("node_modules", ".cache", "switchyard", "eslint"),
  ),
  node("format", toolFile("prettier"), "--check", "--log-level", "warn", "."),
  node(
    "architecture",
    FROM_SOURCE,
    TSX,
    toolFile("mocha"),
    "--reporter",
    "dot",
    "test/architecture/**/*.test.ts",
  ),
  node("generated reference", FROM_SOURCE, TSX, inRoot("scripts", "generate-reference.mjs"), "--check"),
  node("links in documents", inRoot("scripts", "check-links.mjs")),
];

await runScript(async () => {
  const startedAtMs = Date.now();
  await ensureInstall();
  const results = [
    ...(await runSteps(TYPES)),
    ...(await runSteps(MEANING, { atOnce: Math.min(2, os.availableParallelism()) })),
  ];
  const failed = results.filter((result) => !result.passed).map((result) => result.name);
  if (failed.length > 0)
    throw new ScriptError(`${failed.length} of ${results.length} checks failed: ${failed.join(", ")}`);
  say(`All ${results.length} checks passed in ${seconds(startedAtMs)}`);
});
