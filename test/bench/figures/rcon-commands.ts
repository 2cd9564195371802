import { rm } from "node:fs/promises";
import { quantile, repeat, type Figure } from "../figure.js";
import { startStandIn } from "../stand-in.js";

const COMMANDS = 10_000;
const AT_ONCE = 5;

/** Through the supervisor, answered at once: what Switchyard itself costs. A real server answers once in a tick. */
export const rconCommands: Figure = {
  name: "rcon-commands",
  about: `${COMMANDS} RCON commands of 20 bytes, ${AT_ONCE} at a time, to a stand-in that answers at once`,
  async measure() {
    const { server, directory } = await startStandIn();
    const latencies: number[] = [];
    try {
      const rates = await repeat(5, async () => {
        const beganAt = performance.now();
        let sent = 0;
        const worker = async () => {
          while (sent < COMMANDS) {
            sent += 1;
            const sentAt = performance.now();
            await server.rcon.send("/bench_echo 12345678");
            latencies.push(performance.now() - sentAt);
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, worker));
        return COMMANDS / ((performance.now() - beganAt) / 1000);
      });
      return [
        { name: "rcon-commands", unit: "commands/s", samples: rates },
        {
          name: "rcon-command-latency-p99",
          unit: "ms",
          samples: [0, 1, 2].map((third) =>
            quantile(
              latencies.slice((third * latencies.length) / 3, ((third + 1) * latencies.length) / 3),
              0.99,
            ),
          ),
        },
      ];
    } finally {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
};
