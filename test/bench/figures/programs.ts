import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { SplitCluster, type Program } from "@switchyard/test-kit";
import type { Figure } from "../figure.js";

const ROUNDS = 5;
/** Until what starting left behind is collected. */
const SETTLE_MS = 2000;

/** The two programs by themselves: no instance runs. Memory is VmRSS of Linux; elsewhere it is left out. */
export const programs: Figure = {
  name: "programs",
  about: `start time and idle memory of controller and host, ${ROUNDS} fresh clusters`,
  async measure() {
    const samples = { controllerStart: [], controllerMemory: [], hostStart: [], hostMemory: [] } as Record<
      "controllerStart" | "controllerMemory" | "hostStart" | "hostMemory",
      number[]
    >;
    for (let round = 0; round < ROUNDS; round += 1) {
      const cluster = await SplitCluster.start({ hosts: 1 });
      try {
        const [host] = cluster.hosts;
        if (!host || !cluster.controller) throw new Error("The cluster is not whole");
        samples.hostStart.push(host.readyAfterMs);
        samples.controllerStart.push(cluster.controllerReadyAfterMs);
        await pause(SETTLE_MS);
        samples.hostMemory.push(await memoryMb(host.program));
        samples.controllerMemory.push(await memoryMb(cluster.controller));
      } finally {
        await cluster.close();
      }
    }
    return [
      { name: "controller-start", unit: "ms", samples: samples.controllerStart },
      { name: "host-start-to-connected", unit: "ms", samples: samples.hostStart },
      { name: "controller-memory", unit: "MB", samples: samples.controllerMemory },
      { name: "host-memory", unit: "MB", samples: samples.hostMemory },
    ].filter((measurement) => measurement.samples.every(Number.isFinite));
  },
};

async function memoryMb(program: Program): Promise<number> {
  const status = await readFile(`/proc/${program.pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
}
