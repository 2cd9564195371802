import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { FakeIo } from "./testing.js";
import { runCtl } from "@switchyard/ctl";
import type { ReadyReport } from "./ready.js";
import { descendantsOf } from "./process-tree.js";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
/** Everything is compiled while it is loaded here, in five processes at once. */
const PATIENCE_MS = 120_000;

/** One `switchyard up` in a process of its own, over the sources. */
class Up {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout = "";
  stderr = "";

  constructor(folder: string, args: string[]) {
    const contextFile = join(folder, "contexts.json");
    this.#child = spawn(process.execPath, [MAIN, "up", ...args], {
      env: { ...process.env, SWITCHYARD_CONTEXT_FILE: contextFile },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = once(this.#child, "close").then(([code]) => code as number | null);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ready(): Promise<ReadyReport> {
    const line = once(this.#child.stdout ?? this.#child, "data");
    await Promise.race([line, this.ended]);
    assert.notEqual(this.stdout, "", `it ended before it was ready:\n${this.stderr}`);
    return JSON.parse(this.stdout) as ReadyReport;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

describe("switchyard up", function () {
  this.timeout(PATIENCE_MS);
  this.slow(30_000);
  let folder: string;
  const started: Up[] = [];

  function up(...args: string[]): Up {
    const inFolder = args.includes("--data-dir") ? [] : ["--data-dir", join(folder, "data")];
    const onAnyPort = args.includes("--port") ? [] : ["--port", "0"];
    const each = new Up(folder, [...inFolder, ...onAnyPort, ...args]);
    started.push(each);
    return each;
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-up-"));
  });

  afterEach(async () => {
    for (const each of started.splice(0)) {
      const pids = descendantsOf(each.pid);
      each.signal("SIGKILL");
      await each.ended;
      await untilGone(pids);
    }
    await rm(folder, { recursive: true, force: true });
  });

  it("runs a cluster, refuses a second one in its folder, stops cleanly and goes on with the same one", async () => {
    const first = up("--json");
    const report = await first.ready();
    assert.equal(first.stdout.split("\n").length, 2, "exactly one line");
    assert.equal(report.hosts.length, 2);
    const names = report.instances.map(({ name, state }) => `${name} ${state}`).sort();
    assert.deepEqual(names, ["alpha running", "beta running"]);
    assert.equal(new Set(report.instances.map(({ hostId }) => hostId)).size, 2, "one on each host");
    assert.match(report.signInUrl, /^http:\/\/127\.0\.0\.1:\d+\/sign-in#token=swl_/);
    for (const { writeDirectory } of report.instances)
      assert.ok((await stat(writeDirectory ?? "")).isDirectory());
    assert.equal((await stat(report.contextFile)).mode & 0o777, 0o600);

    const second = up("--json");
    assert.equal(await second.ended, 8);
    assert.match(second.stderr, new RegExp(`already running \\(process ${first.pid}\\)`));
    assert.doesNotMatch(second.stderr, /\n\s+at /);

    const io = new FakeIo(folder, { SWITCHYARD_CONTEXT_FILE: join(folder, "contexts.json") });
    assert.equal(
      await runCtl(["instance", "send-rcon", "alpha", "/sc rcon.print(6 * 7)"], io),
      0,
      io.stderr.text,
    );
    assert.equal(io.stdout.text, "42\n");

    const pids = descendantsOf(first.pid);
    assert.ok(pids.length >= 5, "controller, two hosts, two games");
    first.signal("SIGINT");
    assert.equal(await first.ended, 0, first.stderr);
    assert.deepEqual(pids.filter(isAlive), []);

    const next = up("--json");
    const again = await next.ready();
    assert.deepEqual(again.instances.map(({ id }) => id).sort(), report.instances.map(({ id }) => id).sort());
    assert.deepEqual(again.hosts.map(({ id }) => id).sort(), report.hosts.map(({ id }) => id).sort());
    assert.ok(again.instances.every(({ state }) => state === "running"));
    assert.notEqual(again.signInUrl, report.signInUrl);
    next.signal("SIGTERM");
    assert.equal(await next.ended, 0, next.stderr);
  });

  it("starts a killed controller again at the same address, and leaves nothing when it is killed itself", async () => {
    const running = up("--json", "--hosts", "1", "--empty");
    const report = await running.ready();
    assert.deepEqual(report.instances, []);
    process.kill(report.controller.pid ?? 0, "SIGKILL");
    await untilAnswers(`${report.url}/healthz`);
    assert.match(running.stderr, /controller ended \(SIGKILL\); starting it again/);
    const pids = descendantsOf(running.pid);
    assert.equal(pids.length, 2);
    running.signal("SIGKILL");
    await running.ended;
    await untilGone(pids);
  });

  it("says which port is taken, and starts nothing", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const refused = up("--port", String(port));
      assert.equal(await refused.ended, 8);
      assert.match(refused.stderr, new RegExp(`Port ${port} is in use by another program; .*--port`));
    } finally {
      server.close();
    }
  });

  it("says what is wrong with the folder, the save or the game before it starts anything", async () => {
    await writeFile(join(folder, "file"), "not a folder, not a save");
    const file = join(folder, "file");
    const cases: [args: string[], exitCode: number, words: RegExp][] = [
      [["--data-dir", join(file, "data")], 2, /file\/data is, or is in, a file and not a folder/],
      [["--data-dir", join(folder, "a"), "--save", file], 2, /The save cannot be used: .*file/],
      [["--data-dir", join(folder, "b"), "--save", `${file}.zip`], 3, /There is no save .*file\.zip/],
      [["--data-dir", join(folder, "c"), "--factorio", folder], 8, /No Factorio server was found in/],
      [["--data-dir", join(folder, "d"), "--hosts", "many"], 2, /--hosts takes a whole number/],
    ];
    const runs = cases.map(([args]) => up(...args));
    for (const [at, [, exitCode, words]] of cases.entries()) {
      const run = runs[at];
      assert.equal(await run?.ended, exitCode, run?.stderr);
      assert.match(run?.stderr ?? "", words);
      assert.doesNotMatch(run?.stderr ?? "", /\n\s+at /, "no stack");
    }
  });

  it("says that there is no permission", async function () {
    // Root may write nearly everywhere; below /proc nobody may.
    if (process.platform !== "linux") {
      process.stdout.write("      skipped: there is no /proc on this system\n");
      this.skip();
    }
    const refused = up("--data-dir", "/proc/switchyard/data");
    assert.equal(await refused.ended, 8);
    assert.match(refused.stderr, /No permission to write \/proc\/switchyard\/data/);
  });

  it("refuses an old Node.js with a sentence", async () => {
    const child = spawn(process.execPath, [MAIN, "up"], {
      env: { ...process.env, SWITCHYARD_PRETEND_NODE_VERSION: "18.20.0" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, 8);
    assert.match(text, /^Node\.js 18\.20\.0 is too old; Switchyard needs 20\.19 or newer\..*\n$/);
  });

  it("keeps its files to their owner", async () => {
    const running = up("--json", "--hosts", "1", "--empty");
    const report = await running.ready();
    for (const file of ["controller.json", "ctl-context.json", "hosts/host-1/host.json"]) {
      const path = join(report.dataDirectory, file);
      assert.equal((await stat(path)).mode & 0o077, 0, path);
    }
    assert.match(await readFile(join(folder, "contexts.json"), "utf8"), /"current": "local"/);
    running.signal("SIGINT");
    assert.equal(await running.ended, 0);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The processes tell nobody here when they end, so they are looked at. */
async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await delay(50);
}

async function untilAnswers(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await delay(50);
  }
}
