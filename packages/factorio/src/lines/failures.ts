import type { FailureReason } from "./server-event.js";
import type { ServerLine } from "./server-line.js";

/**
 * What the game writes when something goes wrong, most telling first. Wording as captured from 1.1 and 2.0 or found in the
 * game's locale; source file names and line numbers change with every build and are never matched.
 */
const CAUSES: readonly (readonly [RegExp, FailureReason])[] = [
  [
    /Couldn't acquire exclusive lock|\.lock: Resource temporarily unavailable|Is another instance already running/,
    "lock-held",
  ],
  [/Couldn't create lock file .*: \d+\.?$/, "lock-held"],
  [/require_user_verification must be enabled/, "verification-required"],
  [/Host address is already in use/, "port-taken"],
  [/Can't bind socket: Address already in use/, "rcon-port-taken"],
  [/No space left on device|There is not enough space on the disk/, "disk-full"],
  [/Map version .* (?:cannot|can't) be loaded because it(?: is|'s) higher/, "save-too-new"],
  [/Map version .* (?:cannot|can't) be loaded because it(?: is|'s) lower/, "save-too-old"],
  [
    /Bad zip file|(?:info\.json|level\.dat\d*) not found|CRC check failed|The zip is corrupted|Reading file .* failed/,
    "save-corrupt",
  ],
  [/No latest save file found|directory iterator cannot open|Scenario .* not found/, "save-missing"],
  [
    /\.zip["']? (?:not found|does not exist|doesn't exist)|(?:File|Save).*(?:not found|does not exist)/,
    "save-missing",
  ],
  [/Failed to load mods?\b|Error while running setup for |Error while loading \S+ prototype/, "mod-failed"],
  [/non-recoverable error|Error while running (?:event|on_\w+|command|reload_script)/, "script-error"],
  [
    /(?:Unexpected character .*|Unexpected end of file|Invalid comma before '[\]}]'|Unterminated string|Invalid string escape) at /,
    "bad-json",
  ],
  [/Permission denied|Operation not permitted|Access is denied/, "no-permission"],
];

/** Errors that end the server; anything else on an Error line (a lost matching server, a cut RCON connection) does not. */
const FATAL =
  /^(?:Hosting multiplayer game failed:|MultiplayerManager failed:|Failed to load mods?\b|Exception at tick |Received (?:SIG(?:SEGV|ABRT|BUS|FPE|ILL)|\d+)\b|Unexpected error occurred|Error while |Saving scenario failed)|Couldn't (?:acquire exclusive|create) lock|require_user_verification must be enabled|Can't bind socket|No latest save file found|^Scenario .* not found|^(?:Unexpected (?:character|end of file)|Invalid comma|Unterminated string|Invalid string escape)\b/;
const CRASH = /^Received (?:SIG(?:SEGV|ABRT|BUS|FPE|ILL)|\d+)\b|^Unexpected error occurred/;
/** Newer settings in an older game: it goes on with default settings, although the sentence is that of a fatal one. */
const HARMLESS = /^Failed to read mod settings:/;

/** Not the end of the server, but worth telling: a map or a settings file could not be written. */
function isTrouble(text: string): boolean {
  if (text.startsWith("Cannot save map:") || text.startsWith("Saving process crashed")) return true;
  return text.includes("No space left on device");
}

/** The reason that a text names; "unknown" when it names none. */
export function failureReason(text: string): FailureReason {
  if (CRASH.test(text)) return "crashed";
  return CAUSES.find(([pattern]) => pattern.test(text))?.[1] ?? "unknown";
}

function isErrorLine(line: ServerLine): line is ServerLine & { shape: "log" } {
  return line.shape === "log" && line.level === "Error" && line.source.includes(".cpp:");
}

/** The failure that a single line tells of. Only lines of the engine count: a player or a Lua print cannot fake one. */
export function lineFailure(
  line: ServerLine,
): { reason: FailureReason; text: string; fatal: boolean } | undefined {
  if (line.shape === "log" && line.source.includes(".cpp:") && isTrouble(line.text)) {
    return { reason: failureReason(line.text), text: line.text, fatal: false };
  }
  if (!isErrorLine(line) || HARMLESS.test(line.text)) return undefined;
  const fatal = FATAL.test(line.text) || failureReason(line.text) === "save-missing";
  return fatal ? { reason: failureReason(line.text), text: line.text, fatal } : undefined;
}

const MAX_CONTINUATION_LINES = 20;
const MAX_TEXT = 4000;

interface Found {
  reason: FailureReason;
  text: string;
  rank: number;
}

/**
 * Gathers why a server failed over several lines: the game breaks a message after its colon and goes on in bare lines. The
 * first fatal error wins (what follows it is fall-out), but one whose cause is known beats one whose cause is not.
 */
export class FailureCollector {
  #best: Found | undefined;
  #open: Found | undefined;
  #continuations = 0;

  push(line: ServerLine): void {
    if (line.shape === "bare") return this.#continue(line.text);
    this.#open = undefined;
    const found = lineFailure(line);
    if (!found) return;
    this.#continuations = 0;
    this.#open = { reason: found.reason, text: found.text, rank: rank(found.reason, found.fatal) };
    this.#keepBest();
  }

  /** The failure so far; `text` holds the continuation lines, separated by line feeds. */
  get result(): { reason: FailureReason; text: string } | undefined {
    return this.#best && { reason: this.#best.reason, text: this.#best.text };
  }

  #continue(text: string): void {
    const open = this.#open;
    if (!open || this.#continuations >= MAX_CONTINUATION_LINES || open.text.length >= MAX_TEXT) return;
    this.#continuations += 1;
    open.text = `${open.text}\n${text}`.slice(0, MAX_TEXT);
    if (open.reason === "unknown") {
      open.reason = failureReason(text);
      open.rank = rank(open.reason, open.rank > 0);
      this.#keepBest();
    }
  }

  #keepBest(): void {
    if (this.#open && (!this.#best || this.#open.rank > this.#best.rank)) this.#best = this.#open;
  }
}

function rank(reason: FailureReason, fatal: boolean): number {
  if (!fatal) return 0;
  if (reason === "unknown") return 1;
  return reason === "crashed" ? 3 : 2;
}
