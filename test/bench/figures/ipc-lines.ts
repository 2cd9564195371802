import { rm } from "node:fs/promises";
import { Type } from "typebox";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import type { Figure, Measurement } from "../figure.js";
import { measurePrints } from "../print-rate.js";
import { startStandIn } from "../stand-in.js";

const SIZES: [bytes: number, lines: number][] = [
  [100, 200_000],
  [1000, 100_000],
  [3900, 50_000],
];

/** From the server's stdout to a validated payload in a listener, through its journal (a pipe where there is none). */
export const ipcLines: Figure = {
  name: "ipc-lines",
  about: "inline IPC lines from a stand-in's stdout to a listener that validates and counts them",
  async measure() {
    const { server, directory } = await startStandIn();
    const validate = createAjvCompiler()(Type.Object({ n: Type.Integer(), text: Type.String() }));
    let count = (): void => undefined;
    server.on("ipc", ({ payload }) => {
      const fault = validate(payload);
      if (fault !== undefined) throw new Error(fault);
      count();
    });
    const measurements: Measurement[] = [];
    try {
      for (const [bytes, lines] of SIZES) {
        const print = {
          name: `ipc-lines-${bytes}-bytes`,
          command: `/bench_ipc ${lines} ${bytes}`,
          lines,
          onCount: (counter: () => void) => (count = counter),
        };
        measurements.push(...(await measurePrints(server, print)));
      }
      return measurements;
    } finally {
      await server.stop();
      await server.settled;
      await rm(directory, { recursive: true, force: true });
    }
  },
};
