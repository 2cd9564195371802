import { parseArgs } from "node:util";
import type { Figure, Measurement } from "./figure.js";
import { median } from "./figure.js";
import { bulkTransfer } from "./figures/bulk-transfer.js";
import { chatLatency } from "./figures/chat-latency.js";
import { ipcLines } from "./figures/ipc-lines.js";
import { logLines } from "./figures/log-lines.js";
import { patchingSaves } from "./figures/patch-save.js";
import { programs } from "./figures/programs.js";
import { rconCommands, rconTicks } from "./figures/rcon-commands.js";
import { requestLatency } from "./figures/request-latency.js";

const FIGURES: readonly Figure[] = [
  ipcLines,
  logLines,
  rconCommands,
  rconTicks,
  bulkTransfer,
  requestLatency,
  chatLatency,
  programs,
  patchingSaves,
];

const { values } = parseArgs({
  options: { json: { type: "boolean" }, only: { type: "string" }, list: { type: "boolean" } },
});

const chosen = FIGURES.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) {
  console.error(
    `There is no figure ${values.only}; there are: ${FIGURES.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}
if (values.list) {
  for (const { name, about } of chosen) console.log(`${name.padEnd(20)} ${about}`);
  process.exit(0);
}

if (!values.json) console.log(row("figure", "unit", "min", "median", "max", "samples"));
for (const figure of chosen) {
  console.error(`measuring ${figure.name}: ${figure.about}`);
  for (const measurement of await figure.measure()) print(measurement);
}

function print({ name, unit, samples }: Measurement): void {
  const result = {
    name,
    unit,
    min: round(Math.min(...samples)),
    median: round(median(samples)),
    max: round(Math.max(...samples)),
    samples: samples.length,
  };
  if (values.json) console.log(JSON.stringify(result));
  else console.log(row(name, unit, result.min, result.median, result.max, result.samples));
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

function row(...[name, ...cells]: (string | number)[]): string {
  return String(name).padEnd(34) + cells.map((cell) => cell.toLocaleString("en").padStart(12)).join("");
}
