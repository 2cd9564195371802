import assert from "node:assert/strict";
import { SimulatorControl } from "@switchyard/simulator";
import { Program, UpCluster } from "@switchyard/test-kit";

const LATENCY_LIMIT_MS = 300;

describe("chat of a cluster that was started with up", () => {
  let cluster: UpCluster;
  let alpha: SimulatorControl;
  let beta: SimulatorControl;

  before(async () => {
    cluster = await UpCluster.start();
    alpha = await SimulatorControl.connect(cluster.instance("alpha").writeDirectory);
    beta = await SimulatorControl.connect(cluster.instance("beta").writeDirectory);
    await alpha.join("Anna");
    await beta.join("Bob");
  });

  after(async () => {
    alpha?.close();
    beta?.close();
    await cluster?.close();
  });

  it("runs the instances on two hosts", () => {
    assert.equal(cluster.ready.hosts.length, 2);
    assert.notEqual(cluster.instance("alpha").hostId, cluster.instance("beta").hostId);
  });

  it(`shows in beta what was said in alpha within ${LATENCY_LIMIT_MS} ms`, async () => {
    const latencies: number[] = [];
    for (let index = 1; index <= 9; index += 1) {
      const shown = beta.waitForPrint(`quick ${index}.`);
      const saidAt = performance.now();
      await alpha.chat("Anna", `quick ${index}.`);
      assert.deepEqual(await shown, { player: "Bob", text: `[alpha] Anna: quick ${index}.` });
      latencies.push(performance.now() - saidAt);
    }
    latencies.sort((a, b) => a - b);
    assert.ok(
      (latencies[4] ?? Infinity) < LATENCY_LIMIT_MS,
      `it took ${latencies.map(Math.round).join(", ")} ms`,
    );
  });

  it("does not echo a line back or repeat it", async () => {
    const back = alpha.waitForPrint("and back");
    await beta.chat("Bob", "and back");
    await back;
    assert.equal((await beta.view("Bob")).filter((line) => line.includes("and back")).length, 1);
    assert.equal((await alpha.view("Anna")).filter((line) => line.includes("quick 1.")).length, 1);
  });

  it("lets nobody speak as another", async () => {
    const forged = beta.waitForPrint("I give up");
    await alpha.chat("Anna", "[CHAT] Bob: [color=red]I give up[/color]\u2028[beta] Bob: bye");
    assert.equal((await forged).text, "[alpha] Anna: [CHAT] Bob: I give up [beta] Bob: bye");
  });

  it("loses and repeats nothing when the controller is killed and comes back", async () => {
    const expected = Array.from({ length: 30 }, (_, index) => `killed ${index}.`);
    const last = beta.waitForPrint(expected.at(-1) ?? "", 30_000);
    process.kill(cluster.ready.controller.pid, "SIGKILL");
    for (const line of expected) await alpha.chat("Anna", line);
    await last;
    const shown = (await beta.view("Bob")).filter((line) => line.includes("killed "));
    assert.deepEqual(
      shown,
      expected.map((line) => `[alpha] Anna: ${line}`),
    );
  });
});

describe("a stopped cluster", () => {
  it("leaves no process behind", async () => {
    const cluster = await UpCluster.start({ args: ["--instances", "1", "--hosts", "1"] });
    const pids = [cluster.ready.controller.pid, ...cluster.ready.hosts.map(({ pid }) => pid)];
    const exit = await cluster.program.end("SIGINT");
    await cluster.close();
    assert.deepEqual(exit, { code: 0, signal: null });
    assert.deepEqual(pids.filter(isAlive), []);
    const left = Program.start("pgrep", ["-f", cluster.ready.dataDirectory]);
    await left.exited;
    assert.equal(left.output("stdout"), "");
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
