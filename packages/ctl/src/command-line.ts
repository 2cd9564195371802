import yargs, { type Argv } from "yargs";
import { AppError } from "@switchyard/protocol";
import { CommandContext, type AddCommands, type GlobalOptions, type Run } from "./command.js";
import { NOUNS } from "./commands/index.js";
import { explainError } from "./errors.js";
import { writeAll, type CtlIo } from "./io.js";
import { printError, type OutputFormat } from "./output/output.js";
import { explainUsage } from "./usage.js";
import { VERSION } from "./version.js";

/** Runs one command; answers the exit code. Never throws and never ends the process. */
export async function runCtl(argv: readonly string[], io: CtlIo): Promise<number> {
  try {
    await parseAndRun(argv, io);
    return 0;
  } catch (error) {
    const known = explainError(error);
    if (known.code === "cancelled" && io.signal.aborted) return 130;
    printError(known, formatOf(argv), io);
    return known.exitCode;
  }
}

async function parseAndRun(argv: readonly string[], io: CtlIo): Promise<void> {
  // yargs has its own ideas of what to do with an error of a handler, so handlers only leave theirs here.
  const outcome: { error?: AppError } = {};
  const run: Run = (handler) => async (args) => {
    const context = new CommandContext(io, args);
    try {
      await handler(args, context);
    } catch (error) {
      outcome.error = explainError(error);
    } finally {
      await context.close();
    }
  };
  let printed = "";
  await assemble(argv, run).parseAsync([...argv], {}, (_error, _args, text) => {
    printed = text;
  });
  if (printed !== "") await writeAll(io.stdout, `${printed}\n`);
  if (outcome.error !== undefined) throw outcome.error;
}

function assemble(argv: readonly string[], run: Run): Argv<GlobalOptions> {
  let parser: Argv<GlobalOptions> = yargs()
    .scriptName("switchyardctl")
    .usage("$0 <noun> <verb>: run a Switchyard cluster")
    .options({
      output: {
        alias: "o",
        choices: ["table", "json"] as const,
        default: "table" as OutputFormat,
        describe: "table for people, json for programs",
      },
      context: { type: "string", describe: "The cluster to use; see: context list", requiresArg: true },
      timeout: { type: "number", describe: "Seconds to wait for an answer", requiresArg: true },
    })
    .check(({ timeout }) => {
      if (timeout !== undefined && !(timeout > 0))
        throw new AppError("usage", { reason: "--timeout takes seconds above 0" });
      return true;
    })
    .parserConfiguration({ "populate--": true })
    .exitProcess(false)
    .strict()
    .wrap(100)
    .version(VERSION)
    .alias({ help: "h" })
    .demandCommand(1, "Say what to do, for example: switchyardctl instance list; see: switchyardctl --help")
    .epilogue(
      "Exit codes: 2 usage, 3 not found, 4 not allowed, 5 conflict, 6 cannot reach, 7 too slow, 8 this machine, 10 a fault",
    )
    .fail((message: string, error: Error | undefined) => {
      const refusal =
        error instanceof AppError ? error : explainUsage(argv, message || String(error?.message));
      throw refusal;
    });
  for (const noun of NOUNS) {
    parser = parser.command(noun.name, noun.summary, addLazily(noun.load, run)) as Argv<GlobalOptions>;
  }
  return parser;
}

function addLazily(load: () => Promise<AddCommands>, run: Run) {
  return async (noun: Argv<GlobalOptions>) => (await load())(noun, run);
}

/** Needed before, and even when, the command line could not be understood. */
function formatOf(argv: readonly string[]): OutputFormat {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  const isJson = words.some(
    (word, at) =>
      /^(--output|-o)=?json$/.test(word) ||
      ((word === "--output" || word === "-o") && words[at + 1] === "json"),
  );
  return isJson ? "json" : "table";
}
