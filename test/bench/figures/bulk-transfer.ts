import { rm } from "node:fs/promises";
import type { FactorioServer } from "@switchyard/factorio";
import { quantile, repeat, type Figure, type Measurement } from "../figure.js";
import { makeInventories } from "../inventories.js";
import { startStandIn } from "../stand-in.js";

const BYTES = 500_000;
const TICK_MS = 16.7;
/** Of the segments of a game with up to 10 players. */
const PACE_BYTES = 100;
const PACED_RUNS = 3;
const URGENT_PAUSE_MS = 50;

/** A long text into the game, as a plugin that moves inventories sends it. */
export const bulkTransfer: Figure = {
  name: "bulk-transfer",
  about:
    `${BYTES / 1000} kB of inventories as JSON into a stand-in that answers every ${TICK_MS} ms ` +
    `[Clusterio: 8,348 ms, in chunks of 1,000 bytes one at a time]; then over a link of ${PACE_BYTES} bytes a tick, beside urgent commands`,
  async measure() {
    const { server, directory } = await startStandIn();
    try {
      await server.rcon.send(`/bench_tick ${TICK_MS}`);
      const text = makeInventories(BYTES);
      return [...(await measureTicks(server, text)), ...(await measurePaced(server, text))];
    } finally {
      await server.stop();
      await server.settled;
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function measureTicks(server: FactorioServer, text: string): Promise<Measurement[]> {
  const samples = await repeat(5, () => transfer(server, text));
  return [{ name: "bulk-transfer-on-ticks", unit: "ms", samples }];
}

async function measurePaced(server: FactorioServer, text: string): Promise<Measurement[]> {
  await server.rcon.send(`/bench_pace ${PACE_BYTES}`);
  const took: number[] = [];
  const shares: number[] = [];
  const urgent: number[][] = [];
  for (let run = 0; run < PACED_RUNS; run += 1) {
    const end = new AbortController();
    const asking = askUrgently(server, end.signal);
    await server.rcon.send("/bench_bytes");
    took.push(await transfer(server, text));
    const bytes = Number(await server.rcon.send("/bench_bytes"));
    end.abort();
    const latencies = await asking;
    urgent.push(latencies);
    // What the urgent commands took of the link is not the transfer's.
    shares.push(((bytes - latencies.length * URGENT.length) / Buffer.byteLength(text)) * 100);
  }
  const parts = (part: number): number[] => urgent.map((samples) => quantile(samples, part));
  return [
    { name: "bulk-transfer-paced", unit: "ms", samples: took },
    { name: "bulk-transfer-paced-bytes", unit: "% of text", samples: shares },
    { name: "bulk-transfer-urgent-p50", unit: "ms", samples: parts(0.5) },
    { name: "bulk-transfer-urgent-p99", unit: "ms", samples: parts(0.99) },
  ];
}

async function transfer(server: FactorioServer, text: string): Promise<number> {
  const beganAt = performance.now();
  const arrived = await server.rcon.transfer("bench.take", [], text);
  const took = performance.now() - beganAt;
  if (Number(arrived) !== Buffer.byteLength(text)) throw new Error(`The stand-in got ${arrived} bytes`);
  return took;
}

const URGENT = "/urgent";

async function askUrgently(server: FactorioServer, signal: AbortSignal): Promise<number[]> {
  const latencies: number[] = [];
  while (!signal.aborted) {
    const sentAt = performance.now();
    await server.rcon.send(URGENT, { lane: "urgent" });
    latencies.push(performance.now() - sentAt);
    await new Promise((resolve) => setTimeout(resolve, URGENT_PAUSE_MS));
  }
  return latencies;
}
