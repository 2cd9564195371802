import type { FailureReason } from "../lines/server-event.js";
import type { ProcessExit } from "./game-process.js";
import type { ExitReport, FactorioServerOptions } from "./server-types.js";

/** Everything that is known when a run ends. */
export interface RunFacts {
  exit: ProcessExit;
  asked: "nothing" | "stop" | "kill";
  /** The stop ended with SIGKILL because nothing else helped. */
  wasForced: boolean;
  wasRunning: boolean;
  /** What the game said after "Quitting: ", if it did. */
  quitReason: string | undefined;
  /** A failure that we found rather than the game: it never began, or was not ready in time. */
  ownFailure: { reason: FailureReason; text: string } | undefined;
  failure: { reason: FailureReason; text: string } | undefined;
  lastLines: string[];
}

type Options = Pick<FactorioServerOptions, "gamePort" | "rconPort" | "savePath" | "writeDirectory">;

const CRASH_SIGNALS = new Set(["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"]);
/** As a shell reports them: 128 and the signal's number. */
const CODE_SIGKILL = 137;
const CRASH_CODES = new Set([132, 134, 135, 136, 139]);

export const NEVER_RAN: ExitReport = {
  code: null,
  signal: null,
  expected: true,
  reason: "stopped",
  words: "The server was not started.",
  lastLines: [],
};

export function reportExit(facts: RunFacts, options: Options): ExitReport {
  const { exit, asked, lastLines } = facts;
  const [reason, words] = judge(facts, options);
  return { code: exit.code, signal: exit.signal, expected: asked !== "nothing", reason, words, lastLines };
}

function judge(facts: RunFacts, options: Options): [ExitReport["reason"], string] {
  const { exit, asked, wasForced, quitReason, failure } = facts;
  if (asked === "kill")
    return ["killed", "The server was killed on request; what happened since its last save is lost."];
  if (asked === "stop" && wasForced) {
    return [
      "killed",
      "The server did not stop in time and was killed; what happened since its last save or autosave is lost.",
    ];
  }
  if (exit.isUnknown && asked === "nothing") return judgeUnseen(facts, options);
  const own = facts.ownFailure;
  if (own && asked === "nothing")
    return [own.reason, `${advice(own.reason, options)} What happened: ${own.text.replace(/\.$/, "")}.`];
  const isCrash = CRASH_SIGNALS.has(exit.signal ?? "") || CRASH_CODES.has(exit.code ?? 0);
  if (isCrash || failure?.reason === "crashed") {
    return [
      "crashed",
      `Factorio crashed${exit.signal === null ? "" : ` (${exit.signal})`}. Its log has the stack trace; start it again, from an autosave if it repeats.`,
    ];
  }
  if (asked === "stop") return judgeStop(facts, options);
  if (exit.signal === "SIGKILL" || exit.code === CODE_SIGKILL) {
    return [
      "out-of-memory",
      "The server was killed from outside, most likely because the machine ran out of memory. Check its memory, or use a smaller map or fewer mods.",
    ];
  }
  if (exit.signal !== null)
    return [
      "killed",
      `The server was ended from outside by ${exit.signal}; what happened since its last save is lost.`,
    ];
  if (exit.code === 0 && facts.wasRunning) {
    return [
      "stopped",
      `The server stopped by itself (${quitReason ?? "it gave no reason"}); somebody sent /quit or a signal.`,
    ];
  }
  return [failure?.reason ?? "unknown", failureWords(failure, facts, options)];
}

/** How a process ended that was no child of ours nobody knows; its lines tell. */
function judgeUnseen(
  { failure, quitReason, wasRunning, ownFailure, lastLines }: RunFacts,
  options: Options,
): [ExitReport["reason"], string] {
  if (ownFailure) return [ownFailure.reason, `${advice(ownFailure.reason, options)} ${ownFailure.text}`];
  if (failure) return [failure.reason, describe(failure, options)];
  if (quitReason !== undefined && quitReason !== "multiplayer error") {
    return ["stopped", `The server stopped by itself (${quitReason}); somebody sent /quit or a signal.`];
  }
  const last = lastLines.at(-1)?.trim();
  return [
    "unknown",
    `The server ended${wasRunning ? "" : " before it was ready"} without saying why: it was killed from outside, or the machine ran out of memory or was restarted. What happened since its last save is lost. ${last ? `Its last line was: ${last.slice(0, 300)}` : ""}`.trim(),
  ];
}

/** Until 1.1.92 a clean stop by signal gave exit code 1, so "Quitting: …" without an error counts as clean too. */
function judgeStop(
  { exit, failure, quitReason, wasRunning }: RunFacts,
  options: Options,
): [ExitReport["reason"], string] {
  const isClean = exit.code === 0 || (quitReason !== undefined && quitReason !== "multiplayer error");
  if (!isClean && wasRunning && failure) return [failure.reason, describe(failure, options)];
  return ["stopped", isClean ? "The server stopped." : "The server was stopped before it was ready."];
}

function failureWords(
  failure: RunFacts["failure"],
  { exit, wasRunning, lastLines }: RunFacts,
  options: Options,
): string {
  if (failure) return describe(failure, options);
  const when = wasRunning ? "ended" : "ended before it was ready";
  const last = lastLines.at(-1)?.trim();
  return `The server ${when} with exit code ${exit.code} and named no reason. ${last ? `Its last line was: ${last.slice(0, 300)}` : "It printed nothing."}`;
}

function describe(failure: { reason: FailureReason; text: string }, options: Options): string {
  const said = failure.text
    .replace(/\s*\n\s*/g, " ")
    .trim()
    .slice(0, 600);
  return `${advice(failure.reason, options)} Factorio said: ${said}`;
}

function advice(reason: FailureReason, { gamePort, rconPort, savePath, writeDirectory }: Options): string {
  switch (reason) {
    case "port-taken":
      return `The game port ${gamePort} (UDP) is taken. Stop what uses it, or choose another port.`;
    case "rcon-port-taken":
      return `The RCON port ${rconPort} (TCP) is taken. Stop what uses it, or choose another port.`;
    case "save-missing":
      return `The save ${savePath} is missing. Choose another save.`;
    case "save-corrupt":
      return `The save ${savePath} is damaged. Start from a backup or an autosave.`;
    case "save-too-new":
      return `The save ${savePath} was made by a newer Factorio. Use that version or a newer one.`;
    case "save-too-old":
      return `The save ${savePath} is too old for this Factorio. Load and save it with a version between them first.`;
    case "bad-json":
      return "A settings file is not valid JSON. Correct it; the place is named.";
    case "mod-failed":
      return "A mod could not be loaded. Update it, add what it needs, or disable it.";
    case "script-error":
      return "A script of a mod or of the save failed. Update or remove it; the game did not save.";
    case "lock-held":
      return `Another Factorio runs with the same files (${writeDirectory}). Stop it first.`;
    case "no-permission":
      return "Factorio may not use a file or a port. Give its user access to what is named.";
    case "disk-full":
      return "The disk is full. Free some space.";
    case "verification-required":
      return "A public server must verify its users. Set require_user_verification to true, or visibility.public to false.";
    case "crashed":
      return "Factorio crashed. Start it again, from an autosave if it repeats.";
    case "unknown":
      return "The server failed.";
  }
}
