import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const SCRIPTS = fileURLToPath(new URL("../../scripts/", import.meta.url));
/** The scripts must work with nothing but Node.js, so that they run here without the options of this process. */
const PLAIN = { ...process.env, NODE_OPTIONS: "" };

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function runNode(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const running = promisify(execFile)(process.execPath, args, { env: { ...PLAIN, ...env } });
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  );
}

describe("the check of Node.js", () => {
  const check = (version: string) =>
    runNode(["-r", path.join(SCRIPTS, "require-node.cjs"), "-e", "console.log('began')"], {
      SWITCHYARD_PRETEND_NODE_VERSION: version,
    });

  for (const version of ["v8.17.0", "v18.20.4", "v20.18.9"]) {
    it(`refuses ${version} with a sentence before anything else runs`, async () => {
      const { code, stdout, stderr } = await check(version);
      assert.equal(code, 8);
      assert.equal(stdout, "");
      assert.match(stderr, /^Node\.js [\d.]+ is too old; Switchyard needs 20\.19 or newer/);
    });
  }

  for (const version of ["v20.19.0", "v22.1.0", "v100.0.0"]) {
    it(`lets ${version} through`, async () => {
      assert.equal((await check(version)).stdout, "began\n");
    });
  }
});

describe("a program run by a script", function () {
  if (process.platform === "win32") {
    it.skip("skipped: there are no signals on Windows");
    return;
  }
  let folder = "";
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "switchyard-scripts-"));
    const library = pathToFileURL(path.join(SCRIPTS, "lib", "program.mjs")).href;
    const program = path.join(folder, "program.mjs");
    await writeFile(
      path.join(folder, "script.mjs"),
      `import { runProgram } from ${JSON.stringify(library)};\nprocess.exitCode = await runProgram([${JSON.stringify(program)}]);\n`,
    );
    await writeFile(program, COUNTING_PROGRAM);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** As a shell starts a command: in a process group of its own, which a terminal's Ctrl-C goes to. */
  async function start(): Promise<{ script: ChildProcess; lines: AsyncIterator<string> }> {
    const script = spawn(process.execPath, [path.join(folder, "script.mjs")], {
      env: PLAIN,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: script.stdout })[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, "ready");
    return { script, lines };
  }

  it("gets Ctrl-C once, although terminal and npm both send it", async () => {
    const { script, lines } = await start();
    const ended = once(script, "exit");
    const pid = script.pid ?? 0;
    process.kill(-pid, "SIGINT");
    process.kill(pid, "SIGINT");
    assert.equal((await lines.next()).value, "1 SIGINT");
    assert.deepEqual(await ended, [7, null]);
  });

  it("gets a signal that was sent to the script alone, and the script ends with its exit code", async () => {
    const { script, lines } = await start();
    const ended = once(script, "exit");
    script.kill("SIGTERM");
    assert.equal((await lines.next()).value, "1 SIGTERM");
    assert.deepEqual(await ended, [7, null]);
  });

  it("hears that the script was killed", async () => {
    const { script, lines } = await start();
    script.kill("SIGKILL");
    assert.equal((await lines.next()).value, "script gone");
  });
});

/** Ends 300 ms after the first signal and says how many came until then. */
const COUNTING_PROGRAM = `
let count = 0;
const keepAlive = setInterval(() => {}, 1000);
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (++count === 1) setTimeout(() => { console.log(count, signal); process.exit(7); }, 300);
  });
}
process.once("disconnect", () => { console.log("script gone"); clearInterval(keepAlive); });
console.log("ready");
`;
