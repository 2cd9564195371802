import { existsSync } from "node:fs";
import { join } from "node:path";
import yargs from "yargs";
import { explainSystemError } from "@switchyard/node-kit/system-errors";
import { AppError } from "@switchyard/protocol";
import { addUpOptions } from "./up/options.js";
import { Progress } from "./up/progress.js";
import type { Hints } from "./up/ready.js";
import { VERSION } from "./version.js";

/** Runs one command; answers the exit code. Refusals are one sentence on stderr. */
export async function runSwitchyard(argv: readonly string[]): Promise<number> {
  const progress = new Progress(process.stderr, process.env);
  try {
    return await parseAndRun(argv, progress);
  } catch (error) {
    const refusal = explainSystemError(error);
    process.stderr.write(`${progress.colours.red("Error:")} ${refusal.message}\n`);
    if (refusal.code === "internal" && refusal.cause instanceof Error && process.env["SWITCHYARD_DEBUG"])
      process.stderr.write(`${refusal.cause.stack ?? ""}\n`);
    return refusal.exitCode;
  }
}

async function parseAndRun(argv: readonly string[], progress: Progress): Promise<number> {
  const outcome: { exitCode: number; error?: AppError } = { exitCode: 0 };
  let printed = "";
  const parser = yargs()
    .scriptName("switchyard")
    .usage("$0 <command>")
    .command("up", "Run a whole cluster on this machine until Ctrl-C", addUpOptions, async (options) => {
      const { up } = await import("./up/up.js");
      const workingDirectory = process.cwd();
      try {
        const environment = {
          stdout: process.stdout,
          progress,
          workingDirectory,
          hints: hintsFor(workingDirectory),
        };
        outcome.exitCode = await up(options, environment);
      } catch (error) {
        outcome.error = explainSystemError(error);
      }
    })
    .exitProcess(false)
    .strict()
    .recommendCommands()
    .wrap(100)
    .version(VERSION)
    .alias({ help: "h" })
    .demandCommand(1, "Say what to do, for example: switchyard up")
    .fail((message: string, error: Error | undefined) => {
      const reason = message || String(error?.message);
      const refusal =
        error instanceof AppError
          ? error
          : new AppError("usage", { reason: `${reason}; see: switchyard --help` });
      throw refusal;
    });
  await parser.parseAsync([...argv], {}, (_error, _args, text) => {
    printed = text;
  });
  if (printed !== "") process.stdout.write(`${printed}\n`);
  if (outcome.error) throw outcome.error;
  return outcome.exitCode;
}

/** In a folder whose npm packages have the programs, npx finds them; elsewhere they are on the PATH. */
function hintsFor(workingDirectory: string): Hints {
  const isLocal = existsSync(join(workingDirectory, "node_modules", ".bin", "switchyardctl"));
  const prefix = isLocal || existsSync(join(workingDirectory, "packages", "ctl")) ? "npx " : "";
  return { ctl: `${prefix}switchyardctl`, simulator: `${prefix}factorio-sim` };
}
