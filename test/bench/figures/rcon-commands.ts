import { rm } from "node:fs/promises";
import type { FactorioServer } from "@switchyard/factorio";
import { cpuMicroseconds } from "../cpu-time.js";
import { quantile, repeat, type Figure, type Measurement } from "../figure.js";
import { startStandIn } from "../stand-in.js";

const COMMANDS = 10_000;
const AT_ONCE = 5;
/** Of a game at 60 updates per second. */
const TICK_MS = 16.7;
const TICKED_COMMANDS = 300;
/** Clusterio sends each caller's command by itself, five at a time. */
const CALLERS = [20, 200] as const;
const CALLS_PER_CALLER = 120;

interface Load {
  name: string;
  unit: "command" | "call";
  count: number;
  atOnce: number;
  /** Sent before the measurement. */
  prepare?: string;
  send(rcon: FactorioServer["rcon"]): Promise<unknown>;
}

const sendEcho = (rcon: FactorioServer["rcon"]): Promise<unknown> => rcon.send("/bench_echo 12345678");

/** Through the supervisor, answered at once: what Switchyard itself costs. */
export const rconCommands: Figure = {
  name: "rcon-commands",
  about: `${COMMANDS} RCON commands of 20 bytes, ${AT_ONCE} at a time, to a stand-in that answers at once`,
  measure: () =>
    measureLoad({ name: "rcon-command", unit: "command", count: COMMANDS, atOnce: AT_ONCE, send: sendEcho }),
};

/** As a real server does it: commands in flight are limited, so calls that wait together have to share them. */
export const rconTicks: Figure = {
  name: "rcon-ticks",
  about:
    `a stand-in that answers every ${TICK_MS} ms, ${AT_ONCE} commands in flight: commands, ${AT_ONCE} callers [Clusterio: 300/s, p50 16.7 ms]; ` +
    `Lua calls, ${CALLERS.join(" and ")} callers [Clusterio with 20: 299/s, p50 66.8 ms]`,
  async measure() {
    const prepare = `/bench_tick ${TICK_MS}`;
    const measured = await measureLoad({
      ...{ name: "rcon-tick-command", unit: "command", count: TICKED_COMMANDS, atOnce: AT_ONCE },
      ...{ prepare, send: sendEcho },
    });
    for (const callers of CALLERS) {
      const calls = await measureLoad({
        ...{ name: `rcon-tick-${callers}-callers`, unit: "call", count: callers * CALLS_PER_CALLER },
        ...{ atOnce: callers, prepare, send: (rcon) => rcon.call("bench.echo", ["12345678"]) },
      });
      measured.push(...calls);
    }
    return measured;
  },
};

async function measureLoad(load: Load): Promise<Measurement[]> {
  const { name, unit, count, prepare } = load;
  const { server, directory } = await startStandIn();
  const latencies: number[][] = [];
  const cpu: number[] = [];
  try {
    if (prepare !== undefined) await server.rcon.send(prepare);
    const rates = await repeat(5, async (round) => {
      const beganAt = performance.now();
      const ofRound: number[] = [];
      const microseconds = await cpuMicroseconds(() => sendAll(load, server.rcon, ofRound));
      if (round >= 0) {
        latencies.push(ofRound);
        cpu.push(microseconds / count);
      }
      return count / ((performance.now() - beganAt) / 1000);
    });
    const parts = (part: number): number[] => latencies.map((samples) => quantile(samples, part));
    return [
      { name: unit === "command" ? `${name}s` : name, unit: `${unit}s/s`, samples: rates },
      { name: `${name}-cpu`, unit: `µs/${unit}`, samples: cpu },
      { name: `${name}-latency-p50`, unit: "ms", samples: parts(0.5) },
      { name: `${name}-latency-p99`, unit: "ms", samples: parts(0.99) },
    ];
  } finally {
    await server.stop();
    await server.settled;
    await rm(directory, { recursive: true, force: true });
  }
}

async function sendAll(load: Load, rcon: FactorioServer["rcon"], latencies: number[]): Promise<void> {
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < load.count) {
      sent += 1;
      const sentAt = performance.now();
      await load.send(rcon);
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: load.atOnce }, worker));
}
