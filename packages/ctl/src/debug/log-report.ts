import { createReadStream } from "node:fs";
import {
  formatGameVersion,
  interpretLine,
  LineSplitter,
  parseServerLine,
  type ServerEvent,
  type ServerLine,
} from "@switchyard/factorio";
import { explainSystemError } from "@switchyard/node-kit/system-errors";
import { AppError } from "@switchyard/protocol";
import type { CommandContext } from "../command.js";
import type { Colours } from "../output/colours.js";
import { printable, renderFields, renderTable } from "../output/table.js";

const IPC_PREFIX = "\f$ipc:";
/** The timeline that people see; programs get every line. */
const MAX_TIMELINE = 200;
const NOT_IN_TIMELINE = new Set<ServerEvent["type"]>([
  "chat",
  "command",
  "saveProgress",
  "modLoaded",
  "diskSpace",
]);

type Shape = ServerLine["shape"] | "ipc" | "oversized";

interface ParsedLine {
  number: number;
  shape: Shape;
  event?: ServerEvent;
  [field: string]: unknown;
}

/** One JSON document is written line by line while the file is read, so that its size does not matter. */
export async function printLogReport(file: string, context: CommandContext): Promise<void> {
  const isJson = context.output.format === "json";
  const summary = new LogSummary();
  if (!isJson) {
    for await (const lines of parsedLines(file, context)) lines.forEach((line) => summary.add(line));
    await context.output.raw(summary.render(file, context.output.colours));
    return;
  }
  let separator = "";
  let isBegun = false;
  for await (const lines of parsedLines(file, context)) {
    lines.forEach((line) => summary.add(line));
    const text = lines.map((line) => JSON.stringify(line)).join(",\n");
    await context.output.raw(`${isBegun ? separator : '{"lines":[\n'}${text}`);
    isBegun = true;
    separator = ",\n";
  }
  const { lines, ...rest } = summary.view(file);
  const end = JSON.stringify({ lineCount: lines, ...rest }).slice(1);
  await context.output.raw(`${isBegun ? "" : '{"lines":['}\n],${end}\n`);
}

/** The lines of each chunk of the file. */
async function* parsedLines(file: string, context: CommandContext): AsyncGenerator<ParsedLine[]> {
  let lines: ParsedLine[] = [];
  let number = 0;
  const splitter = new LineSplitter({
    onLine: (text) => lines.push(parseLine(text, (number += 1))),
    onOversized: (bytes) => lines.push({ number: (number += 1), shape: "oversized", bytes }),
  });
  const source: AsyncIterable<Uint8Array | string> = file === "-" ? context.io.stdin : createReadStream(file);
  try {
    for await (const chunk of source) {
      splitter.push(Buffer.from(chunk));
      if (lines.length > 0) yield lines;
      lines = [];
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw new AppError("not-found", { what: "file", id: file });
    if (code === "EISDIR") throw new AppError("usage", { reason: `${file} is a folder, not a log file` });
    throw explainSystemError(error, { path: file });
  }
  splitter.end();
  if (lines.length > 0) yield lines;
}

function parseLine(text: string, number: number): ParsedLine {
  if (text.startsWith(IPC_PREFIX)) {
    const [, channel, kind] = /^([^?]*)\?(.)/.exec(text.slice(IPC_PREFIX.length)) ?? [];
    return { number, shape: "ipc", channel, kind: kind === "f" ? "file" : "inline", raw: text };
  }
  const line = parseServerLine(text);
  const event = interpretLine(line);
  return { number, ...line, ...(event && { event }) };
}

class LogSummary {
  readonly #shapes = new Map<Shape, number>();
  readonly #events = new Map<string, number>();
  readonly #timeline: { line: number; at: string; event: ServerEvent }[] = [];
  readonly #versions = new Set<string>();
  #failure: { reason: string; text: string; line: number } | undefined;
  #lines = 0;
  #left = 0;

  add(line: ParsedLine): void {
    this.#lines += 1;
    this.#shapes.set(line.shape, (this.#shapes.get(line.shape) ?? 0) + 1);
    const { event } = line;
    if (!event) return;
    this.#events.set(event.type, (this.#events.get(event.type) ?? 0) + 1);
    if (event.type === "banner") this.#versions.add(formatGameVersion(event.version));
    // The first cause counts; what follows is often only its consequence.
    if (event.type === "failure" && (!this.#failure || this.#failure.reason === "unknown"))
      this.#failure = { reason: event.reason, text: event.text, line: line.number };
    if (NOT_IN_TIMELINE.has(event.type)) return;
    if (this.#timeline.length < MAX_TIMELINE)
      this.#timeline.push({ line: line.number, at: timeOf(line), event });
    else this.#left += 1;
  }

  view(file: string) {
    return {
      file,
      lines: this.#lines,
      shapes: Object.fromEntries(this.#shapes),
      versions: [...this.#versions],
      eventCounts: Object.fromEntries(this.#events),
      timeline: this.#timeline,
      timelineLeftOut: this.#left,
      failure: this.#failure ?? null,
    };
  }

  render(file: string, colours: Colours): string {
    const counts = [...this.#shapes].map(([shape, count]) => `${count} ${shape}`).join(", ");
    const failure = this.#failure;
    const fields = renderFields(
      [
        ["File", file],
        ["Lines", `${this.#lines}${counts === "" ? "" : ` (${counts})`}`],
        ["Factorio", [...this.#versions].join(", ") || "unknown"],
        ["Chat lines", String(this.#events.get("chat") ?? 0)],
        [
          "Failure",
          failure && colours.red(`${failure.reason}, line ${failure.line}: ${printable(failure.text)}`),
        ],
      ],
      colours,
    );
    if (this.#timeline.length === 0) return fields;
    const rows = this.#timeline.map(({ line, at, event }) => [
      String(line),
      at,
      event.type,
      eventWords(event),
    ]);
    const left = this.#left > 0 ? `… and ${this.#left} more\n` : "";
    return `${fields}\n${renderTable(["LINE", "TIME", "EVENT", ""], rows, colours)}${left}`;
  }
}

function timeOf(line: ParsedLine): string {
  if (typeof line["date"] === "string") return line["date"];
  return typeof line["seconds"] === "number" ? `${line["seconds"].toFixed(3)} s` : "";
}

function eventWords(event: ServerEvent): string {
  switch (event.type) {
    case "stateChange":
      return `${event.from} → ${event.to}`;
    case "banner":
      return `Factorio ${formatGameVersion(event.version)} (${event.flavour.join(", ")})`;
    case "failure":
      return `${event.reason}: ${event.text}`;
    default:
      return Object.entries(event)
        .filter(([name]) => name !== "type")
        .map(([, value]) => String(value))
        .join(" ");
  }
}
