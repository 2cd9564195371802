import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { filesMatching, foldersIn } from "./files.mjs";
import { FROM_SOURCE, inRoot, toolFile, TSX } from "./places.mjs";
import { run, runNode } from "./run.mjs";

const UNIT_TIMEOUT_MS = 10_000;
const E2E_TIMEOUT_MS = 60_000;
/** Mocha would require() test files, for which tsx makes CommonJS of the sources: import() then loads all a second time. */
const AS_ESM = process.allowedNodeEnvironmentFlags.has("--experimental-require-module")
  ? "--no-experimental-require-module"
  : "";
const TEST_FILE = /\.test\.tsx?$/;

/**
 * One suite per folder: unit tests of packages, plugins and the panel run over the sources. Each is a process of its
 * own instead of a worker of `mocha --parallel`, which would hide what a suite leaves open.
 */
export async function unitSuites({ grep }) {
  const homes = [
    ...(await foldersIn("packages")).map((name) => `packages/${name}/src`),
    ...(await foldersIn("plugins")).map((name) => `plugins/${name}`),
    "web-ui/src",
    "test/architecture",
    "test/scripts",
  ];
  const suites = await Promise.all(
    homes.map(async (home) => ({ home, files: await filesMatching(home, TEST_FILE) })),
  );
  return suites
    .filter(({ files }) => files.length > 0)
    .map(({ home, files }) => ({
      name: home.replace(/\/src$/, ""),
      run: (env) => runMocha(files, { grep, env, timeoutMs: UNIT_TIMEOUT_MS, fromSource: true }),
    }));
}

/** What crosses packages: real processes of the built programs, one suite per file, one after the other. */
export async function e2eSuites({ grep }) {
  const files = (await filesMatching("test", TEST_FILE)).filter(
    (file) => !/^test\/(architecture|scripts|bench)\//.test(file),
  );
  return files.map((file) => ({
    name: file,
    run: (env) => runMocha([file], { grep, env, timeoutMs: E2E_TIMEOUT_MS, fromSource: false, live: true }),
  }));
}

/** Lua programs that end with exit code 0 when all is well; a line `N passed, N failed` of theirs is believed. */
export async function luaSuites({ lua, luacheck }) {
  const suites = [];
  const sources = [
    ...(await filesMatching("lua-modules", /\.lua$/)),
    ...(await filesMatching("packages/factorio/lua", /\.lua$/)),
    ...(await filesMatching("plugins", /\/lua\/.*\.lua$/)),
  ];
  if (luacheck && sources.length > 0) {
    suites.push({ name: "luacheck", run: () => runCounted(luacheck, ["--quiet", "--no-color", ...sources]) });
  }
  const isTest = /\/test\/[^/]*test[^/]*\.lua$/;
  const tests = [
    ...(await filesMatching("lua-modules", isTest)),
    ...(await filesMatching("packages/factorio/lua", isTest)),
    ...(await filesMatching("plugins", isTest)),
  ];
  if (lua) suites.push(...tests.map((file) => ({ name: file, run: () => runCounted(lua, [file]) })));
  return suites;
}

async function runMocha(files, { grep, env, timeoutMs, fromSource, live = false }) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "switchyard-test-"));
  const counts = path.join(folder, "counts.jsonl");
  // Programs that unit tests start run over the sources too; e2e tests start what was built.
  const nodeOptions = fromSource
    ? `${process.env.NODE_OPTIONS ?? ""} ${FROM_SOURCE} ${AS_ESM} ${TSX}`
    : process.env.NODE_OPTIONS;
  try {
    const mocha = [
      toolFile("mocha"),
      "--reporter",
      inRoot("scripts", "lib", "mocha-reporter.cjs"),
      "--timeout",
      String(timeoutMs),
    ];
    const { code, output } = await runNode(
      [
        ...(fromSource ? [] : [AS_ESM, TSX].filter(Boolean)),
        ...mocha,
        ...(grep ? ["--grep", grep] : []),
        ...files,
      ],
      {
        capture: !live,
        stdout: "inherit",
        env: {
          ...env,
          SWITCHYARD_TEST_COUNTS: counts,
          ...(nodeOptions ? { NODE_OPTIONS: nodeOptions.trim() } : {}),
        },
      },
    );
    return { code, output, counts: sum(parseLines(await readFile(counts, "utf8").catch(() => "")), code) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runCounted(command, args) {
  const { code, output } = await run(command, args, { capture: true });
  const said = /(\d+) passed, (\d+) failed/.exec(output);
  const counts = said
    ? { passed: Number(said[1]), failed: Number(said[2]), skipped: 0 }
    : { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  return { code, output, counts: sum([counts], code) };
}

/** A suite that ends badly without a failed test (a crash at loading, a kill) counts as one failure. */
export function sum(list, code = 0) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of list) for (const key of Object.keys(total)) total[key] += counts[key];
  if (code !== 0 && total.failed === 0) total.failed = 1;
  return total;
}

function parseLines(text) {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
