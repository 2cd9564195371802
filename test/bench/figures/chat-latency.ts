import { SimulatorControl } from "@switchyard/simulator";
import { UpCluster } from "@switchyard/test-kit";
import type { Figure } from "../figure.js";

const LINES = 50;

/** What players notice: said in one game, shown in another on another host. Includes the tick of 16.7 ms of both games. */
export const chatLatency: Figure = {
  name: "chat-latency",
  about: `${LINES} chat lines from one simulated instance to one on another host, one after another`,
  async measure() {
    const cluster = await UpCluster.start();
    const alpha = await SimulatorControl.connect(cluster.instance("alpha").writeDirectory);
    const beta = await SimulatorControl.connect(cluster.instance("beta").writeDirectory);
    const samples: number[] = [];
    try {
      await alpha.join("Anna");
      await beta.join("Bob");
      for (let index = 0; index <= LINES; index += 1) {
        const shown = beta.waitForPrint(`line ${index}.`);
        const saidAt = performance.now();
        await alpha.chat("Anna", `line ${index}.`);
        await shown;
        // The first line warms everything up.
        if (index > 0) samples.push(performance.now() - saidAt);
      }
      return [{ name: "chat-latency", unit: "ms", samples }];
    } finally {
      alpha.close();
      beta.close();
      await cluster.close();
    }
  },
};
