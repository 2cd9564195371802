import { AppError } from "@switchyard/protocol";
import type { CommandContext } from "../command.js";
import { relativeTime } from "./time.js";

const UNITS: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `30min`, `12h`, `7d` in milliseconds. */
export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = /^(\d{1,6})\s*(s|min|h|d)$/.exec(text) ?? [];
  const size = unit === undefined ? undefined : UNITS[unit];
  if (size === undefined || Number(count) === 0)
    throw new AppError("usage", { reason: `"${text}" is not a time; write it like 30min, 12h or 7d` });
  return Number(count) * size;
}

/** The secret alone on stdout, so that it can be piped; the words around it go to stderr. */
export function renderSecret(
  context: CommandContext,
  about: string,
  secret: string,
  expiresAtMs: number | null,
): string {
  const until =
    expiresAtMs === null ? "does not expire" : `expires ${relativeTime(expiresAtMs, context.io.now())}`;
  context.output.note(`${about}. It is shown this once and ${until}:`);
  return `${secret}\n`;
}
