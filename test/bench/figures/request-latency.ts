import { fileURLToPath } from "node:url";
import { instanceAddress } from "@switchyard/protocol";
import { Program, SplitCluster } from "@switchyard/test-kit";
import { PLUGIN_DIRECTORY, startBenchHost } from "../bench-host.js";
import { quantile, type Figure, type Measurement } from "../figure.js";

const ECHO_HOST = fileURLToPath(new URL("../echo-host.ts", import.meta.url));
const ROUNDS = 5;
const CASES = [
  { bytes: 100, atOnce: 1, requests: 2000 },
  { bytes: 100, atOnce: 20, requests: 10_000 },
  { bytes: 10_000, atOnce: 20, requests: 4000 },
];

/** There and back: host, controller, other host, controller, host. Three processes, validated at the receiving end. */
export const requestLatency: Figure = {
  name: "request-latency",
  about: "requests from an instance on one host to an instance on another, the payload comes back",
  async measure() {
    const cluster = await SplitCluster.start({ hosts: 0, plugins: [PLUGIN_DIRECTORY] });
    const [near, far] = [await cluster.hostToken("bench-1"), await cluster.hostToken("bench-2")];
    const other = Program.start(process.execPath, ["--import=tsx", ECHO_HOST], {
      input: JSON.stringify({ url: cluster.url, token: far.token }),
    });
    const { dispatcher, Echo, close } = await startBenchHost(cluster.url, near.token);
    try {
      await other.waitForLine((line) => (line === "ready" ? true : undefined), 20_000);
      const from = instanceAddress(await createInstance(cluster, "near", near.hostId));
      const to = instanceAddress(await createInstance(cluster, "far", far.hostId));
      const measurements: Measurement[] = [];
      for (const { bytes, atOnce, requests } of CASES) {
        const text = "x".repeat(bytes);
        const rates: number[] = [];
        const p50: number[] = [];
        const p99: number[] = [];
        for (let round = -1; round < ROUNDS; round += 1) {
          const { latencies, rate } = await load(requests, atOnce, () =>
            dispatcher.request(Echo, { text }, { from, to }),
          );
          if (round < 0) continue;
          rates.push(rate);
          p50.push(quantile(latencies, 0.5));
          p99.push(quantile(latencies, 0.99));
        }
        const name = `request-${bytes}-bytes-${atOnce}-at-once`;
        measurements.push({ name, unit: "requests/s", samples: rates });
        measurements.push({ name: `${name}-p50`, unit: "ms", samples: p50 });
        measurements.push({ name: `${name}-p99`, unit: "ms", samples: p99 });
      }
      return measurements;
    } finally {
      await close();
      await other.end("SIGKILL");
      await cluster.close();
    }
  },
};

async function createInstance(cluster: SplitCluster, name: string, hostId: string): Promise<string> {
  const created = (await cluster.ctl("instance", "create", name, "--host", hostId)) as { id: string };
  return created.id;
}

async function load(
  requests: number,
  atOnce: number,
  ask: () => Promise<unknown>,
): Promise<{ latencies: number[]; rate: number }> {
  const latencies: number[] = [];
  let sent = 0;
  const worker = async () => {
    while (sent < requests) {
      sent += 1;
      const beganAt = performance.now();
      await ask();
      latencies.push(performance.now() - beganAt);
    }
  };
  const beganAt = performance.now();
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { latencies, rate: requests / ((performance.now() - beganAt) / 1000) };
}
