import type { FactorioServer } from "@switchyard/factorio";
import { cpuMicroseconds } from "./cpu-time.js";
import { repeat, type Measurement } from "./figure.js";

export interface Print {
  name: string;
  /** Makes the stand-in print. */
  command: string;
  lines: number;
  /** Is given the function to call for every line that arrived. */
  onCount(counter: () => void): void;
}

/** Lines per second from the command to the last line's arrival, and this process's processor time for each. */
export async function measurePrints(server: FactorioServer, print: Print): Promise<Measurement[]> {
  const { name, command, lines } = print;
  const cpu: number[] = [];
  const rates = await repeat(5, async (round) => {
    let left = lines;
    const all = new Promise<void>((resolve) => print.onCount(() => --left === 0 && resolve()));
    const beganAt = performance.now();
    const microseconds = await cpuMicroseconds(async () => {
      await server.rcon.send(command);
      await all;
    });
    if (round >= 0) cpu.push(microseconds / lines);
    return lines / ((performance.now() - beganAt) / 1000);
  });
  return [
    { name, unit: "lines/s", samples: rates },
    { name: `${name}-cpu`, unit: "µs/line", samples: cpu },
  ];
}
