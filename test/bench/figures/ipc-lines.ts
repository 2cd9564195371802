import { rm } from "node:fs/promises";
import { Type } from "typebox";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { repeat, type Figure, type Measurement } from "../figure.js";
import { startStandIn } from "../stand-in.js";

const SIZES: [bytes: number, lines: number][] = [
  [100, 200_000],
  [1000, 100_000],
  [3900, 50_000],
];

/** From the server's stdout to a validated payload in a listener, through a real pipe. */
export const ipcLines: Figure = {
  name: "ipc-lines",
  about: "inline IPC lines from a stand-in's stdout to a listener that validates and counts them",
  async measure() {
    const { server, directory } = await startStandIn();
    const validate = createAjvCompiler()(Type.Object({ n: Type.Integer(), text: Type.String() }));
    let wanted = 0;
    let arrived = () => {};
    server.on("ipc", ({ payload }) => {
      const fault = validate(payload);
      if (fault !== undefined) throw new Error(fault);
      wanted -= 1;
      if (wanted === 0) arrived();
    });
    const measurements: Measurement[] = [];
    try {
      for (const [bytes, lines] of SIZES) {
        const samples = await repeat(5, async () => {
          wanted = lines;
          const all = new Promise<void>((resolve) => (arrived = resolve));
          const beganAt = performance.now();
          await server.rcon.send(`/bench_ipc ${lines} ${bytes}`);
          await all;
          return lines / ((performance.now() - beganAt) / 1000);
        });
        measurements.push({ name: `ipc-lines-${bytes}-bytes`, unit: "lines/s", samples });
      }
      return measurements;
    } finally {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
};
