import { parseArgs } from "node:util";
import { TARGETS, type Target } from "./faults.js";
import { runChaos, type ChaosResult } from "./run-chaos.js";

const USAGE = `npm run chaos -- [--target ${TARGETS.join("|")}] [--faults N] [--seed S] [--rate MESSAGES] [--json]
Kills and cuts the parts of a cluster while two games count, and counts at the controller what became of the numbers.
Exit code 1 when one was lost, doubled or out of order, or when a game did not survive.`;

const { values } = parseArgs({
  options: {
    target: { type: "string", default: "all" },
    faults: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    rate: { type: "string", default: "2000" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const [faults, seed, rate] = [Number(values.faults), Number(values.seed), Number(values.rate)];
const isValid = [faults, seed, rate].every((value) => Number.isInteger(value) && value >= 0);
if (values.help || !isValid || !TARGETS.includes(values.target as Target)) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}
if (process.platform !== "linux") {
  console.error("skipped: only on Linux do servers outlive their host agent");
  process.exit(0);
}
const result = await runChaos({
  target: values.target as Target,
  ...{ faults, seed, rate },
  onFault: (number, name) => {
    if (!values.json && process.stderr.isTTY)
      process.stderr.write(`\r${number}/${faults} ${name.padEnd(20)}`);
  },
});
if (values.json) console.log(JSON.stringify(result));
else print(result);
process.exitCode = isWhole(result) ? 0 : 1;

function isWhole({ instances }: ChaosResult): boolean {
  return instances.every(
    ({ sent, lost, doubled, outOfOrder, isAlive }) =>
      sent > 0 && lost === 0 && doubled === 0 && outOfOrder === 0 && isAlive,
  );
}

function print({ instances, faults: counts, adoptionsMs, rpc, seconds }: ChaosResult): void {
  const heads = [
    "instance",
    "sent",
    "took effect",
    "lost",
    "doubled",
    "out of order",
    "longest gap",
    "alive",
  ];
  console.log(`\n${heads.map((head) => head.padStart(13)).join("")}`);
  for (const each of instances) {
    const cells = [each.name, each.sent, each.tookEffect, each.lost, each.doubled, each.outOfOrder];
    const texts = [
      ...cells.map((cell) => cell.toLocaleString("en")),
      `${each.longestGapMs} ms`,
      each.isAlive ? "yes" : "NO",
    ];
    console.log(texts.map((text) => text.padStart(13)).join(""));
  }
  const names = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  console.log(`faults: ${names.join(", ") || "none"}; seed ${seed}; ${seconds} s`);
  if (adoptionsMs.length > 0) {
    const at = (share: number) => adoptionsMs[Math.floor((adoptionsMs.length - 1) * share)];
    console.log(`agent's start to all servers taken over: median ${at(0.5)} ms, longest ${at(1)} ms`);
  }
  const refused = Object.entries(rpc.refused).map(([code, count]) => `${count} ${code}`);
  console.log(`commands into the games: ${rpc.answered} answered, refused: ${refused.join(", ") || "none"}`);
}
