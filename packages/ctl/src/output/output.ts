import type { AppError } from "@switchyard/protocol";
import { writeAll, type CtlIo } from "../io.js";
import { coloursFor, type Colours } from "./colours.js";
import { startSpinner } from "./spinner.js";

export type OutputFormat = "table" | "json";

/** Where a command's results go: stdout has nothing but results, stderr has progress and errors. */
export class Output {
  readonly colours: Colours;

  constructor(
    readonly format: OutputFormat,
    private readonly io: CtlIo,
  ) {
    this.colours = coloursFor(io.stdout, io.environment);
  }

  /** The command's one result: `value` as a JSON document, or `text` for people (with its line feeds). */
  async result(value: unknown, text: (colours: Colours) => string): Promise<void> {
    const shown = this.format === "json" ? `${JSON.stringify(value, null, 2)}\n` : text(this.colours);
    await writeAll(this.io.stdout, shown);
  }

  /** One of many results that come over time: a JSON object per line, or `text`. */
  async item(value: unknown, text: (colours: Colours) => string): Promise<void> {
    const shown = this.format === "json" ? `${JSON.stringify(value)}\n` : text(this.colours);
    await writeAll(this.io.stdout, shown);
  }

  /** Text as it is, for streamed documents. */
  raw(text: string): Promise<void> {
    return writeAll(this.io.stdout, text);
  }

  /** A remark for people that is no result. */
  note(text: string): void {
    if (this.format === "table") this.io.stderr.write(`${text}\n`);
  }

  /** Shows a moving line on a terminal while the work runs. */
  async during<T>(text: string, work: (update: (text: string) => void) => Promise<T>): Promise<T> {
    const spinner = startSpinner(this.io.stderr, text);
    try {
      return await work((next) => spinner.update(next));
    } finally {
      spinner.stop();
    }
  }
}

/** One sentence on stderr; for programs one JSON line. A fault in Switchyard itself also shows its stack. */
export function printError(error: AppError, format: OutputFormat, io: CtlIo): void {
  if (format === "json") {
    io.stderr.write(`${JSON.stringify({ error: error.toPayload() })}\n`);
    return;
  }
  const colours = coloursFor(io.stderr, io.environment);
  io.stderr.write(`${colours.red("Error:")} ${error.message}\n`);
  if (error.code === "internal" && error.cause instanceof Error && io.environment["SWITCHYARD_DEBUG"])
    io.stderr.write(`${error.cause.stack ?? ""}\n`);
}
