import { rm } from "node:fs/promises";
import type { Figure } from "../figure.js";
import { measurePrints } from "../print-rate.js";
import { startStandIn } from "../stand-in.js";

const LINES = 100_000;
const BYTES = 100;

/** Parsed, kept for the exit report, handed on, and searched for what it means. */
export const logLines: Figure = {
  name: "log-lines",
  about: `ordinary log lines of ${BYTES} bytes from a stand-in's stdout to a "line" listener that counts them`,
  async measure() {
    const { server, directory } = await startStandIn();
    let count = (): void => undefined;
    server.on("line", (line) => {
      if (line.shape === "log" && line.text.startsWith("bench ")) count();
    });
    try {
      return await measurePrints(server, {
        name: `log-lines-${BYTES}-bytes`,
        command: `/bench_log ${LINES} ${BYTES}`,
        lines: LINES,
        onCount: (counter) => (count = counter),
      });
    } finally {
      await server.stop();
      await server.settled;
      await rm(directory, { recursive: true, force: true });
    }
  },
};
