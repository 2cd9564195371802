import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FAKE_SERVER } from "../testing/fixtures.js";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import { FactorioServer } from "./factorio-server.js";
import { findLeftRuns, type LeftRun } from "./left-runs.js";
import { isAlive, markProcess } from "./process-table.js";
import { listRunPlaces, offsetFile, readRecord, recordFile } from "./run-folder.js";
import type { FactorioServerOptions } from "./server-types.js";

const AGENT = fileURLToPath(new URL("../testing/agent.ts", import.meta.url));

interface Handled {
  payload: number;
  at: number;
  isRedelivered: boolean;
}

/** One life of an agent process, and what it says. */
class Agent {
  readonly exited: Promise<unknown>;
  #said = "";
  readonly #waiting = new Set<() => void>();

  constructor(readonly child: ChildProcess) {
    this.exited = once(child, "exit");
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
      for (const wake of [...this.#waiting]) wake();
    });
  }

  get said(): string {
    return this.#said;
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#said);
      if (found) return found;
      if (this.child.exitCode !== null) assert.fail(`the agent ended without ${pattern}: ${this.#said}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
        this.child.once("exit", wake);
      });
    }
  }

  async kill(signal: "SIGKILL" | "SIGUSR2" = "SIGKILL"): Promise<void> {
    this.child.kill(signal);
    await this.exited;
  }
}

describe("a server whose agent dies", function () {
  this.timeout(60_000);
  let folder: TestFolder;
  let options: FactorioServerOptions;
  let agents: Agent[];

  before(function () {
    if (process.platform === "linux") return;
    console.log("skipped: journals are for Linux");
    this.skip();
  });

  beforeEach(async () => {
    folder = await makeTestFolder();
    agents = [];
    const port = createServer().listen(0, "127.0.0.1");
    await once(port, "listening");
    const { port: rconPort } = port.address() as { port: number };
    port.close();
    await once(port, "close");
    await writeFile(folder.file("world.zip"), "");
    options = {
      install: {
        directory: folder.path,
        executable: FAKE_SERVER,
        dataDirectory: folder.path,
        version: { major: 2, minor: 0, patch: 77 },
        isSimulator: true,
      },
      writeDirectory: folder.file("instance"),
      savePath: folder.file("world.zip"),
      gamePort: 34197,
      rconPort,
      rconPassword: "hunter2",
      journal: {},
    };
  });

  afterEach(async () => {
    for (const agent of agents) if (agent.child.exitCode === null) agent.child.kill("SIGKILL");
    for (const { process: left } of findLeftRuns(options.writeDirectory).runs)
      if (left) process.kill(left.pid, "SIGKILL");
    await folder.remove();
  });

  function fake(behaviour: Record<string, unknown>): void {
    options = { ...options, environment: { FAKE_SERVER: JSON.stringify(behaviour) } };
  }

  function startAgent(): Agent {
    const env = { ...process.env, AGENT: JSON.stringify({ options, log: folder.file("handled") }) };
    const agent = new Agent(fork(AGENT, { env, stdio: ["ignore", "pipe", "inherit", "ipc"] }));
    agents.push(agent);
    return agent;
  }

  async function handled(): Promise<Handled[]> {
    const text = await readFile(folder.file("handled"), "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line.endsWith("}"))
      .map((line) => JSON.parse(line) as Handled);
  }

  /** In process; the caller stops it. */
  function adopt(): FactorioServer {
    const [left] = findLeftRuns(options.writeDirectory).runs;
    assert(left);
    return FactorioServer.adopt(left, { writeDirectory: options.writeDirectory, journal: {} });
  }

  it("is adopted within 2 s each time, and every message is handled, in order", async () => {
    fake({ count: { perSecond: 2000, fileEvery: 10 } });
    let agent = startAgent();
    const pid = (await agent.until(/running (\d+) started/))[1];
    for (let kills = 0; kills < 5; kills += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 300));
      await agent.kill();
      agent = startAgent();
      const adopting = await agent.until(/adopting/);
      const before = performance.now();
      assert.equal((await agent.until(/running (\d+) adopted/))[1], pid, String(adopting));
      assert(performance.now() - before < 2000);
    }
    await agent.kill();
    const server = adopt();
    const rest: number[] = [];
    server.on("ipc", ({ payload }) => void rest.push(Number(payload)));
    const started = server.start();
    server.read();
    await started;
    const counted = Number(await server.rcon.send("/counted"));
    const report = await server.stop();
    assert.deepEqual([report.reason, report.code], ["stopped", null]);
    assert.equal(await server.settled, true);
    const all = await handled();
    // At least once each, in order of first handling, and what came again says so.
    const seen = new Set<number>();
    for (const { payload, isRedelivered } of all) {
      if (seen.has(payload)) assert.equal(isRedelivered, true, `${payload} came again and does not say so`);
      else assert.equal(payload, seen.size + 1);
      seen.add(payload);
    }
    for (const payload of rest) if (!seen.has(payload)) seen.add(payload);
    assert(seen.size >= counted && counted > 1000, `${seen.size} of ${counted}`);
    assert(all.some(({ isRedelivered }) => isRedelivered));
    assert.deepEqual(listRunPlaces(options.writeDirectory), []);
    assert.deepEqual(await readdir(join(options.writeDirectory, "script-output")), []);
  });

  it("is left and adopted again without handing any message on twice", async () => {
    fake({ count: { perSecond: 1000, fileEvery: 7 } });
    const first = startAgent();
    await first.until(/running/);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await first.kill("SIGUSR2");
    assert.match(first.said, /left/);
    const server = adopt();
    const payloads: number[] = [];
    let redelivered = 0;
    server.on("ipc", ({ payload }) => {
      payloads.push(Number(payload));
      if (server.delivery?.isRedelivered === true) redelivered += 1;
    });
    const started = server.start();
    server.read();
    await started;
    await server.stop();
    const numbers = [...(await handled()).map(({ payload }) => payload), ...payloads];
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
    assert.equal(redelivered, 0);
  });

  it("takes what is typed into its console, before and after the adoption", async () => {
    const first = startAgent();
    await first.until(/running/);
    first.child.send("one");
    await first.until(/typed one/);
    await first.kill();
    const second = startAgent();
    await second.until(/running/);
    second.child.send("two");
    await second.until(/typed two/);
  });

  it("has its end read and told when it ended unwatched", async () => {
    const first = startAgent();
    const pid = Number((await first.until(/running (\d+)/))[1]);
    const mark = markProcess(pid);
    assert(mark);
    await first.kill();
    process.kill(pid, "SIGINT");
    while (isAlive(mark)) await new Promise((resolve) => setTimeout(resolve, 10));
    const second = startAgent();
    await second.until(/ended stopped .*signal/);
    await second.exited;
    assert.deepEqual(listRunPlaces(options.writeDirectory), []);
    const third = startAgent();
    const killed = Number((await third.until(/running (\d+) started/))[1]);
    await third.kill();
    process.kill(killed, "SIGKILL");
    await startAgent().until(/ended unknown .*without saying why/);
  });

  it("is noticed to end while it is adopted", async () => {
    const first = startAgent();
    const pid = Number((await first.until(/running (\d+)/))[1]);
    await first.kill();
    const second = startAgent();
    await second.until(/running/);
    process.kill(pid, "SIGKILL");
    await second.until(/ended unknown/);
  });

  it("is found although its record is torn, its offset lost or its whole folder gone", async () => {
    fake({ count: { perSecond: 200 } });
    const first = startAgent();
    const pid = (await first.until(/running (\d+)/))[1];
    while ((await handled()).length < 10) await new Promise(setImmediate);
    await first.kill();
    const [place] = listRunPlaces(options.writeDirectory);
    assert(place);
    await truncate(recordFile(place), 100);
    await writeFile(offsetFile(place), "12 34 torn");
    const second = startAgent();
    assert.equal((await second.until(/running (\d+) adopted/))[1], pid);
    while (!(await handled()).some(({ isRedelivered }) => isRedelivered)) await new Promise(setImmediate);
    await second.kill();
    assert.equal(readRecord(place)?.rconPassword, "hunter2");
    const seen = (await handled()).filter(({ payload }) => payload === 1);
    assert.deepEqual(
      seen.map(({ isRedelivered }) => isRedelivered),
      [false, true],
    );
  });

  it("leaves another process with the same id alone", async () => {
    const first = startAgent();
    const pid = Number((await first.until(/running (\d+)/))[1]);
    await first.kill();
    process.kill(pid, "SIGKILL");
    const [place] = listRunPlaces(options.writeDirectory);
    assert(place);
    const record = readRecord(place);
    assert(record);
    const other = fork("-e", ["setInterval(() => 0, 1000)"], { execArgv: [], stdio: "ignore" });
    try {
      const mark = markProcess(other.pid ?? 0);
      assert(mark);
      await writeFile(recordFile(place), JSON.stringify({ ...record, process: { ...mark, startTime: "1" } }));
      const second = startAgent();
      await second.until(/ended unknown/);
      assert.equal(isAlive(mark), true);
    } finally {
      other.kill("SIGKILL");
    }
  });

  it("names a server that cannot be taken over and the way out", async () => {
    const server = new FactorioServer({ ...options, journal: {} });
    await server.start();
    const [left] = findLeftRuns(options.writeDirectory).runs;
    const { stray } = findLeftRuns(options.writeDirectory);
    assert.equal(stray, undefined);
    assert.equal(left?.process?.pid, server.pid);
    await server.kill();
    const { journal: _, ...piped } = options;
    const other = new FactorioServer(piped);
    await other.start();
    const found = findLeftRuns(options.writeDirectory).stray;
    assert.equal(found?.pid, other.pid);
    assert.match(found?.words ?? "", new RegExp(`process ${other.pid}.*kill -INT ${other.pid}`));
    await other.kill();
  });

  it("keeps its journal where it is told, and is found there when the instance's folder lost it", async () => {
    options = { ...options, journal: { directory: folder.file("journals") } };
    fake({ count: { perSecond: 500 } });
    const first = startAgent();
    const pid = (await first.until(/running (\d+)/))[1];
    await first.kill();
    assert.equal((await readdir(folder.file("journals"))).length, 1);
    await rm(join(options.writeDirectory, "runs"), { recursive: true });
    const { runs, stray } = findLeftRuns(options.writeDirectory, folder.file("journals"));
    assert.equal(stray, undefined);
    assert.equal(String(runs[0]?.process?.pid), pid);
    const server = FactorioServer.adopt(runs[0] as LeftRun, { ...options });
    const payloads: number[] = [];
    server.on("ipc", ({ payload }) => void payloads.push(Number(payload)));
    const started = server.start();
    server.read();
    await started;
    assert.throws(() => server.type("a console that is gone"), { code: "io-failed" });
    await server.stop();
    assert.equal(await server.settled, true);
    assert(payloads.length > 5);
    assert.deepEqual(
      payloads,
      payloads.map((_, index) => index + 1),
    );
    assert.deepEqual(await readdir(folder.file("journals")), []);
  });

  it("keeps what a stuck handler left unread for the next agent", async () => {
    const server = new FactorioServer({ ...options, stopTimeoutMs: 10_000 });
    const held = new Promise(() => undefined);
    server.on("ipc", () => held as Promise<void>);
    await server.start();
    await server.rcon.send(`/print ${JSON.stringify(["\f$ipc:x?j1", "\f$ipc:x?j2"].join("\n"))}`);
    assert.equal((await server.stop()).reason, "stopped");
    const next = adopt();
    const payloads: unknown[] = [];
    next.on("ipc", ({ payload }) => {
      payloads.push([payload, next.delivery?.isRedelivered]);
    });
    const started = next.start().catch((error: unknown) => error);
    next.read();
    assert.match((await next.exited).words, /The server stopped/);
    await started;
    assert.deepEqual(payloads, [
      [1, true],
      [2, true],
    ]);
    assert.equal(await next.settled, true);
  });

  it("gives the space of what was handled back", async function () {
    const server = new FactorioServer({ ...options, journal: { punchEveryBytes: 256 * 1024 } });
    let bytes = 0;
    server.on("ipc", (message) => void (bytes += message.bytes));
    await server.start();
    const [left] = findLeftRuns(options.writeDirectory).runs;
    assert(left);
    const { journal } = left.record;
    const line = `\f$ipc:x?j"${"y".repeat(1000)}"`;
    const block = Array.from({ length: 1000 }, () => line).join("\n");
    for (let blocks = 0; blocks < 12; blocks += 1) await server.rcon.send(`/print ${JSON.stringify(block)}`);
    let used = Infinity;
    for (let looks = 0; looks < 100 && used > 2 * 1024 * 1024; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      used = (await stat(journal)).blocks * 512;
    }
    assert((await stat(journal)).size > 12_000_000);
    await server.stop();
    await server.settled;
    assert.equal(existsSync(journal), false);
    assert.equal(bytes, 12 * 1000 * 1002);
    assert(used <= 2 * 1024 * 1024, `${used} bytes are in use`);
  });
});
