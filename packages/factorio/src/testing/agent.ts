import { appendFileSync } from "node:fs";
import { findLeftRuns } from "../server/left-runs.js";
import { FactorioServer } from "../server/factorio-server.js";
import type { FactorioServerOptions } from "../server/server-types.js";

/**
 * An agent as a program, for tests that kill it: starts a server or takes over what is left, appends what it handles to a file, and
 * tells on its stdout how far it is. SIGUSR2 makes it leave the server and end.
 */
const { options, log } = JSON.parse(process.env["AGENT"] ?? "") as {
  options: FactorioServerOptions;
  log: string;
};
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const { runs } = findLeftRuns(options.writeDirectory);
const left = runs.at(-1);
const server = left ? FactorioServer.adopt(left, options) : new FactorioServer(options);
server.on("ipc", async ({ payload }) => {
  const { at, isRedelivered } = server.delivery ?? { at: -1, isRedelivered: false };
  if (Number(payload) % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
  appendFileSync(log, `${JSON.stringify({ payload, at, isRedelivered })}\n`);
});
server.on("deadLetter", ({ reason }) => say(`dead letter: ${reason}`));
server.on("line", ({ text }) => {
  if (text.startsWith("typed ")) say(text);
});
process.on("SIGUSR2", () => {
  void server.leave(5000).then(() => {
    say("left");
    process.exit(0);
  });
});
process.on("message", (text: string) => server.type(text));
void server.exited.then(async (report) => {
  say(`ended ${report.reason} ${report.words}`);
  await server.settled;
  process.exit(0);
});
void server.start().then(
  () => say(`running ${server.pid ?? 0} ${left ? "adopted" : "started"}`),
  (error: unknown) => say(`failed ${String(error)}`),
);
server.read();
if (left) say(`adopting ${server.pid ?? 0}`);
