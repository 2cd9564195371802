import { parseGameVersion } from "../versions.js";
import { lineFailure } from "./failures.js";
import type { ServerEvent } from "./server-event.js";
import type { ServerLine } from "./server-line.js";

/**
 * What a line means; undefined for the many that mean nothing to a manager. Chat, command replies and Lua print() have shapes
 * of their own, so a player cannot fake a marker of the engine.
 */
export function interpretLine(line: ServerLine): ServerEvent | undefined {
  switch (line.shape) {
    case "action":
      return interpretAction(line.action, line.text);
    case "log":
      return line.source.includes(".cpp:") ? interpretLog(line) : undefined;
    case "engine":
      return interpretEngine(line.text);
    case "dated":
    case "bare":
      return undefined;
  }
}

/** Splits at the first ": ": player names cannot hold one, texts can. */
function splitActor(text: string): [string, string] {
  const at = text.indexOf(": ");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 2)];
}

function subjectOf(text: string, verb: RegExp): string {
  const at = text.search(verb);
  return (at === -1 ? text : text.slice(0, at)).replace(/ \(not on map\)$/, "");
}

function interpretAction(action: string, text: string): ServerEvent | undefined {
  const [actor, rest] = splitActor(text);
  switch (action) {
    case "JOIN":
      return presence("join", /^(.*) joined the game\.?$/s.exec(text)?.[1]);
    case "LEAVE":
      // The long texts (dropped, AFK, desynced …) all begin with the name and a word that no name can hold.
      return presence("leave", /^(\S+?)(?:'s computer or network|,? (?:left|was|is)) /s.exec(text)?.[1]);
    case "CHAT":
    case "SHOUT":
      return text.includes(": ") ? { type: "chat", player: actor, text: rest } : undefined;
    case "COMMAND":
      return { type: "command", player: actor.replace(/ \(.*\)$/s, ""), text: rest };
    case "KICK":
      return { type: "kick", player: subjectOf(text, / was kicked by /), text };
    case "BAN":
      return { type: "ban", player: subjectOf(text, / was banned by /), text };
    case "UNBANNED":
      return { type: "unban", player: subjectOf(text, / was unbanned by /), text };
    case "PROMOTE":
      return { type: "promote", player: subjectOf(text, / (?:was|is|will) /), text };
    case "DEMOTE":
      return { type: "demote", player: subjectOf(text, / (?:was|is|will) /), text };
    default:
      return undefined; // COLOR, MUTED, WARNING … and whatever a later version adds
  }
}

function presence(type: "join" | "leave", player: string | undefined): ServerEvent | undefined {
  return player === undefined ? undefined : { type, player };
}

const STATE_CHANGE = /^(?:update|map)Tick\((\d+)\) changing state from\((\w+)\) to\((\w+)\)$/;

/** The first letter rules most lines out: a busy server logs thousands that mean nothing for one that does. */
function interpretLog(line: ServerLine & { shape: "log" }): ServerEvent | undefined {
  const found = interpretMarker(line.text);
  if (found) return found;
  const failure = lineFailure(line);
  return failure && { type: "failure", reason: failure.reason, text: failure.text };
}

function interpretMarker(text: string): ServerEvent | undefined {
  switch (text[0]) {
    case "u":
    case "m": {
      const change = STATE_CHANGE.exec(text);
      if (!change) return undefined;
      return { type: "stateChange", tick: change[1] ?? "", from: change[2] ?? "", to: change[3] ?? "" };
    }
    case "M": {
      const map = /^Map version (\d+\.\d+\.\d+(?:-\d+)?)$/.exec(text);
      return map ? { type: "mapVersion", version: map[1] ?? "" } : undefined;
    }
    case "S": {
      const rcon = /^Starting RCON interface at (?:IP ADDR:\(\{)?(.*?)(?:\}\))?$/.exec(text);
      if (rcon) return { type: "rconReady", address: (rcon[1] ?? "").replace(/^port /, "") };
      return interpretSaving(text);
    }
    case "C":
      // A game started from a scenario has nowhere to save to and says so in place of saving.
      return text.startsWith("Can't save to default location:") ? { type: "savingFinished" } : undefined;
    default:
      return undefined;
  }
}

function interpretSaving(text: string): ServerEvent | undefined {
  if (text === "Saving finished") return { type: "savingFinished" };
  const progress = /^Saving progress: (\d+(?:\.\d+)?)%$/.exec(text);
  if (progress) return { type: "saveProgress", percent: Number(progress[1]) };
  const autosave = /^Saving to (.+) \((?:non-)?blocking\)\.$/.exec(text);
  if (autosave) return { type: "savingStarted", kind: "autosave", name: autosave[1] ?? "" };
  const save = /^Saving game as (.+)$/.exec(text);
  if (save) return { type: "savingStarted", kind: "save", name: save[1] ?? "" };
  const quit = /^Saving map as (.+)$/.exec(text);
  return quit ? { type: "savingStarted", kind: "quit", name: quit[1] ?? "" } : undefined;
}

function interpretEngine(text: string): ServerEvent | undefined {
  switch (text[0]) {
    case "G":
      return text === "Goodbye" ? { type: "goodbye" } : undefined;
    case "Q": {
      const quitting = /^Quitting: (.+?)\.?$/.exec(text);
      return quitting ? { type: "quitting", reason: quitting[1] ?? "" } : undefined;
    }
    case "R": {
      const signal = /^Received (SIG\w+), shutting down$/.exec(text);
      return signal ? { type: "signal", signal: signal[1] ?? "" } : undefined;
    }
    case "H": {
      const hosting = /^Hosting game at (?:IP ADDR:\(\{)?(.*?)(?:\}\))?$/.exec(text);
      return hosting ? { type: "hosting", address: hosting[1] ?? "" } : undefined;
    }
    case "L": {
      const mod = /^Loading mod (.+) (\d+\.\d+\.\d+) \(data(?:-updates|-final-fixes)?\.lua\)$/.exec(text);
      return mod ? { type: "modLoaded", name: mod[1] ?? "", version: mod[2] ?? "" } : undefined;
    }
    case "W": {
      const disk = /^Write data path: .* \[(\d+)\/(\d+)MB\]$/.exec(text);
      return disk ? { type: "diskSpace", freeMb: Number(disk[1]), totalMb: Number(disk[2]) } : undefined;
    }
    default:
      return interpretBanner(text);
  }
}

/** `2026-08-02 02:16:26; Factorio 2.0.77 (build 84539, linux64, headless, space-age)` */
function interpretBanner(text: string): ServerEvent | undefined {
  const match =
    /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d); Factorio (\S+) \(build (\d+), (\w[\w-]*)((?:, [^,)]+)*)\)$/.exec(
      text,
    );
  const version = match && parseGameVersion(match[2] ?? "");
  if (!match || !version) return undefined;
  const flavour = (match[5] ?? "").split(", ").filter((part) => part !== "");
  return {
    type: "banner",
    version,
    build: Number(match[3]),
    platform: match[4] ?? "",
    flavour,
    startedAt: match[1] ?? "",
  };
}
