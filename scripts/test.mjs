import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { ensureBuild } from "./lib/ensure-build.mjs";
import { ensureInstall } from "./lib/ensure-install.mjs";
import { inRoot, toolFile } from "./lib/places.mjs";
import { runNode } from "./lib/run.mjs";
import { runScript, say, ScriptError } from "./lib/say.mjs";
import { describe, runSteps } from "./lib/steps.mjs";
import { e2eSuites, luaSuites, sum, unitSuites } from "./lib/suites.mjs";
import { ensureTestTools } from "./lib/test-tools.mjs";

const USAGE = `npm test -- [--only unit|lua|e2e] [--grep TEXT] [--coverage] [--quiet] [PATH...]
  PATH    only suites whose name begins with it, as in: npm test -- packages/link`;

await runScript(async () => {
  const options = readOptions();
  if (options.help) return say(USAGE);
  await ensureInstall();
  const { found, env } = await ensureTestTools();
  const coverage = options.coverage
    ? await mkdtemp(path.join(os.tmpdir(), "switchyard-coverage-"))
    : undefined;
  if (coverage) env.NODE_V8_COVERAGE = coverage;
  const results = await runAll(options, found, env);
  if (coverage) await reportCoverage(coverage);
  return summarise(results);
});

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        only: { type: "string" },
        grep: { type: "string" },
        coverage: { type: "boolean" },
        quiet: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    if (values.only && !["unit", "lua", "e2e"].includes(values.only))
      throw new Error("--only takes unit, lua or e2e");
    return { ...values, paths: positionals.map((name) => name.replace(/\/(src\/?)?$/, "")) };
  } catch (error) {
    throw new ScriptError(`${error.message}\n${USAGE}`, 2);
  }
}

async function runAll(options, found, env) {
  const verbose = !options.quiet;
  const wants = (kind) => !options.only || options.only === kind;
  const chosen = (suites) =>
    suites
      .filter(
        ({ name }) => options.paths.length === 0 || options.paths.some((prefix) => name.startsWith(prefix)),
      )
      .map((suite) => ({ name: suite.name, run: () => suite.run(env) }));
  const unit = chosen(wants("unit") ? await unitSuites(options) : []);
  const lua = chosen(wants("lua") && !options.grep ? await luaSuites(found) : []);
  const e2e = chosen(wants("e2e") ? await e2eSuites(options) : []);
  // Unit tests run over the sources: they say what is wrong even when it does not compile.
  const failedBuild = e2e.length > 0 ? await build() : [];
  return [
    ...failedBuild,
    ...(await runSteps([...unit, ...lua], { atOnce: Math.min(2, os.availableParallelism()), verbose })),
    ...(failedBuild.length > 0 ? [] : await runSteps(e2e, { atOnce: 1, verbose })),
  ];
}

/** Whole programs need to be built. A failed build counts as one failed test. */
async function build() {
  try {
    await ensureBuild({ withTests: true });
    return [];
  } catch (error) {
    say(error.message);
    return [{ name: "build, and all tests of whole programs with it", passed: false }];
  }
}

async function reportCoverage(folder) {
  const report = [toolFile("c8"), "report", "--temp-directory", folder, "--reports-dir", inRoot("coverage")];
  await runNode([...report, "--reporter", "text-summary", "--reporter", "html", "--exclude-after-remap"], {
    stdout: "inherit",
  });
  await rm(folder, { recursive: true, force: true });
  say("The coverage report is coverage/index.html");
}

/** The last line is for programs and people alike, and stands alone. */
function summarise(results) {
  const failed = results.filter((result) => !result.passed);
  for (const result of failed) say(`FAILED ${result.name}`);
  const total = sum(results.map((result) => result.counts ?? { passed: 0, failed: 1, skipped: 0 }));
  process.stdout.write(`${describe(total)}\n`);
  return failed.length > 0 || total.failed > 0 || total.passed === 0 ? 1 : 0;
}
