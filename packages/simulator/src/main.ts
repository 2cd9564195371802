#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { runGame } from "./server/run-game.js";

const TOOL_COMMANDS = ["install", "ctl", "sim-help"];

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  // A reader that goes away must not end the game with a stack.
  process.stdout.on("error", () => undefined);
  if (TOOL_COMMANDS.includes(args[0] ?? "")) {
    const { runTool } = await import("./command-line/tool.js");
    return runTool(
      args,
      (text) => process.stdout.write(text),
      (text) => process.stderr.write(text),
    );
  }
  return runGame({
    args,
    executable: process.env["FACTORIO_SIM_EXECUTABLE"],
    mainScript: fileURLToPath(import.meta.url),
    versionFromEnvironment: process.env["FACTORIO_SIM_VERSION"],
    cwd: process.cwd(),
    stdin: process.stdin,
    write: (text) => process.stdout.write(text),
    onStopSignal: (listener) => {
      const onInterrupt = (): void => listener("SIGINT");
      const onTerminate = (): void => listener("SIGTERM");
      process.on("SIGINT", onInterrupt);
      process.on("SIGTERM", onTerminate);
      return () => {
        process.off("SIGINT", onInterrupt);
        process.off("SIGTERM", onTerminate);
      };
    },
  });
}

const code = await main();
// stdin and half-open sockets must not keep a finished game alive; what was printed still has to get out.
process.stdout.write("", () => process.exit(code));
