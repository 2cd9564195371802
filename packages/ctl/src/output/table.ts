import Table from "cli-table3";
import type { Colours } from "./colours.js";

const NO_LINES = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
    .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"])
    .map((part) => [part, ""]),
);

/** A table without lines, so that it can be cut and searched; ends with a line feed. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  colours: Colours,
): string {
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
  });
  table.push(
    headings.map((heading) => colours.bold(heading)),
    ...rows.map((row) => row.map(singleLine)),
  );
  return `${table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}

/** `name: value` lines with the values under each other; members without a value are left out. */
export function renderFields(
  fields: readonly (readonly [name: string, value: string | undefined])[],
  colours: Colours,
): string {
  const shown = fields.filter((field): field is [string, string] => field[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length)) + 2;
  return shown.map(([name, value]) => `${colours.dim(`${name}:`.padEnd(width))}${value}\n`).join("");
}

/** Text from games and people must not break a table or steer the terminal. */
export function singleLine(text: string): string {
  return printable(text.replace(/\s*\n\s*/g, " "));
}

/** Without control characters other than colours of our own; used for text that came from elsewhere. */
export function printable(text: string): string {
  return text.replace(
    /\u001b(?!\[\d+(?:;\d+)*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g,
    "�",
  );
}
