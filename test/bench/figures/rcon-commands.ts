import { rm } from "node:fs/promises";
import { cpuMicroseconds } from "../cpu-time.js";
import { quantile, repeat, type Figure, type Measurement } from "../figure.js";
import { startStandIn } from "../stand-in.js";

const COMMANDS = 10_000;
const AT_ONCE = 5;
/** Of a game at 60 updates per second. */
const TICK_MS = 16.7;
const TICKED_COMMANDS = 300;

type Send = (command: string) => Promise<unknown>;

/** Through the supervisor, answered at once: what Switchyard itself costs. */
export const rconCommands: Figure = {
  name: "rcon-commands",
  about: `${COMMANDS} RCON commands of 20 bytes, ${AT_ONCE} at a time, to a stand-in that answers at once`,
  measure: () => measureCommands("rcon-command", COMMANDS),
};

/** As a real server does it: the limit is the number in flight, so what matters is that no tick is missed. */
export const rconTicks: Figure = {
  name: "rcon-ticks",
  about: `${TICKED_COMMANDS} RCON commands, ${AT_ONCE} at a time, to a stand-in that answers every ${TICK_MS} ms`,
  measure: () => measureCommands("rcon-tick-command", TICKED_COMMANDS, `/bench_tick ${TICK_MS}`),
};

async function measureCommands(name: string, count: number, prepare?: string): Promise<Measurement[]> {
  const { server, directory } = await startStandIn();
  const latencies: number[][] = [];
  const cpu: number[] = [];
  try {
    if (prepare !== undefined) await server.rcon.send(prepare);
    const rates = await repeat(5, async (round) => {
      const beganAt = performance.now();
      const ofRound: number[] = [];
      const microseconds = await cpuMicroseconds(() =>
        sendAll(count, (command) => server.rcon.send(command), ofRound),
      );
      if (round >= 0) {
        latencies.push(ofRound);
        cpu.push(microseconds / count);
      }
      return count / ((performance.now() - beganAt) / 1000);
    });
    const parts = (part: number): number[] => latencies.map((samples) => quantile(samples, part));
    return [
      { name: `${name}s`, unit: "commands/s", samples: rates },
      { name: `${name}-cpu`, unit: "µs/command", samples: cpu },
      { name: `${name}-latency-p50`, unit: "ms", samples: parts(0.5) },
      { name: `${name}-latency-p99`, unit: "ms", samples: parts(0.99) },
    ];
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function sendAll(count: number, send: Send, latencies: number[]): Promise<void> {
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < count) {
      sent += 1;
      const sentAt = performance.now();
      await send("/bench_echo 12345678");
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
