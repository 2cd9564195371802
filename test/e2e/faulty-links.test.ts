import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { SimulatorControl } from "@switchyard/simulator";
import { SplitCluster, type SplitHost } from "@switchyard/test-kit";

const CUT_MS = 5000;
const LINES = 50;

describe("chat over links that fail", () => {
  let cluster: SplitCluster;
  let alpha: SimulatorControl;
  let beta: SimulatorControl;
  let speakersHost: SplitHost;

  before(async () => {
    cluster = await SplitCluster.start({ hosts: 2 });
    alpha = await SimulatorControl.connect(await cluster.createInstance("alpha", "host-1"));
    beta = await SimulatorControl.connect(await cluster.createInstance("beta", "host-2"));
    await alpha.join("Anna");
    await beta.join("Bob");
    speakersHost = cluster.hosts[0] as SplitHost;
  });

  after(async () => {
    alpha?.close();
    beta?.close();
    await cluster?.close();
  });

  /** Says LINES lines over somewhat longer than the fault, and checks that Bob sees each once, in order. */
  async function sayThrough(word: string, fault: () => Promise<void>): Promise<void> {
    const lines = Array.from({ length: LINES }, (_, index) => `${word} ${index}.`);
    const last = beta.waitForPrint(lines.at(-1) ?? "", 40_000);
    const faultOver = fault();
    for (const line of lines) {
      await alpha.chat("Anna", line);
      await pause((CUT_MS * 1.2) / LINES);
    }
    await Promise.all([last, faultOver]);
    const shown = (await beta.view("Bob")).filter((line) => line.includes(`: ${word} `));
    assert.deepEqual(
      shown,
      lines.map((line) => `[alpha] Anna: ${line}`),
    );
  }

  it("shows each line once and in order when the link was cut for 5 s", () =>
    sayThrough("cut", async () => {
      speakersHost.proxy.cut();
      await pause(CUT_MS);
      speakersHost.proxy.heal();
    }));

  it("does when both links are reset again and again", () =>
    sayThrough("reset", async () => {
      for (let round = 0; round < 10; round += 1) {
        for (const { proxy } of cluster.hosts) proxy.reset();
        await pause(CUT_MS / 10);
      }
    }));

  it("does when a link is silently dead and the controller is killed meanwhile", () =>
    sayThrough("dead", async () => {
      speakersHost.proxy.halfOpen();
      await cluster.controller?.end("SIGKILL");
      await pause(CUT_MS / 2);
      await cluster.startController();
      speakersHost.proxy.heal();
    }));
});
