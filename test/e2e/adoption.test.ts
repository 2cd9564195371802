import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { SimulatorControl } from "@switchyard/simulator";
import { SplitCluster, type SplitHost } from "@switchyard/test-kit";

const LINES = 60;
const PAUSE_MS = 50;

describe("chat while host agents die", () => {
  let cluster: SplitCluster;
  let alpha: SimulatorControl;
  let beta: SimulatorControl;
  const folders: string[] = [];

  before(async function () {
    if (process.platform !== "linux") {
      console.log("skipped: only on Linux do servers outlive their host agent");
      this.skip();
    }
    cluster = await SplitCluster.start({ hosts: 2 });
    folders.push(
      await cluster.createInstance("alpha", "host-1"),
      await cluster.createInstance("beta", "host-2"),
    );
    alpha = await SimulatorControl.connect(folders[0] ?? "");
    beta = await SimulatorControl.connect(folders[1] ?? "");
    await alpha.join("Anna");
    await beta.join("Bob");
  });

  after(async () => {
    alpha?.close();
    beta?.close();
    await cluster?.close();
  });

  async function pids(): Promise<number[]> {
    return Promise.all(
      folders.map(async (folder) => {
        const runs = await readdir(join(folder, "runs"));
        assert.equal(runs.length, 1, "one run, which never ended");
        const text = await readFile(join(folder, "runs", runs[0] ?? "", "run.json"), "utf8");
        return (JSON.parse(text) as { process: { pid: number } }).process.pid;
      }),
    );
  }

  async function dieAndReturn(host: SplitHost, signal: "SIGKILL" | "SIGUSR2", awayMs: number): Promise<void> {
    host.program.kill(signal);
    await host.program.exited;
    await pause(awayMs);
    cluster.restartHost(host);
  }

  /** Anna says LINES lines while the fault is done; Bob must see each once, in order, from the same servers. */
  async function sayThrough(word: string, fault: () => Promise<void>): Promise<void> {
    const before = await pids();
    const lines = Array.from({ length: LINES }, (_, index) => `${word} ${index}.`);
    const last = beta.waitForPrint(lines.at(-1) ?? "", 40_000);
    const faultOver = fault();
    for (const line of lines) {
      await alpha.chat("Anna", line);
      await pause(PAUSE_MS);
    }
    await Promise.all([last, faultOver]);
    const shown = (await beta.view("Bob")).filter((line) => line.includes(`: ${word} `));
    assert.deepEqual(
      shown,
      lines.map((line) => `[alpha] Anna: ${line}`),
    );
    assert.deepEqual(await pids(), before);
    assert.equal(
      (await alpha.players()).some(({ name, isConnected }) => name === "Anna" && isConnected),
      true,
    );
  }

  const speaker = (): SplitHost => cluster.hosts[0] as SplitHost;
  const listener = (): SplitHost => cluster.hosts[1] as SplitHost;

  it("shows each line once and in order when the speaker's agent is killed", () =>
    sayThrough("killed", () => dieAndReturn(speaker(), "SIGKILL", 500)));

  it("does when the listener's agent is killed again and again", () =>
    sayThrough("again", async () => {
      for (let round = 0; round < 3; round += 1) await dieAndReturn(listener(), "SIGKILL", 300);
    }));

  it("does when both agents are upgraded", () =>
    sayThrough("upgraded", async () => {
      await Promise.all([speaker(), listener()].map((host) => dieAndReturn(host, "SIGUSR2", 100)));
    }));

  it("does when the agents and the controller are killed at once", () =>
    sayThrough("all", async () => {
      const controller = cluster.controller?.end("SIGKILL");
      const hosts = [speaker(), listener()].map((host) => dieAndReturn(host, "SIGKILL", 700));
      await controller;
      await pause(500);
      await Promise.all([cluster.startController(), ...hosts]);
    }));
});
