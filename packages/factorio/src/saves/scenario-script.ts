import { createHash } from "node:crypto";

/** What a save's own control.lua is to the patcher. "custom" registers events itself and cannot be wrapped yet. */
export type ScenarioKind = "freeplay" | "event-handler" | "custom" | "none";

export interface ScenarioScript {
  kind: ScenarioKind;
  /** Of control.lua; empty for "none". */
  sha1: string;
  /** For "custom": what was found, as the end of a sentence. */
  found?: string;
}

/** SHA-1 of the freeplay control.lua of 0.17.63–1.1, 2.0.0–2.0.28 and 2.0.29 on. The texts are the game's own, so only hashes are kept. */
const FREEPLAY_SHA1 = new Set([
  "4e866186ebe297f1038fd325b09df1a1f5e2fdd1",
  "bcbdde18ce4ec16ebfd93bd694cd9b12ef969c9a",
  "3af547d2f4db3728b75ac5d1b3a4f47830dc48e7",
]);

/** Libraries of the game that register nothing by themselves. */
const HARMLESS_REQUIRES = new Set([
  "event_handler",
  "util",
  "mod-gui",
  "silo-script",
  "freeplay",
  "space-finish-script",
  "production-score",
  "math2d",
  "crash-site",
]);
const FREEPLAY_REQUIRE = "__base__/script/freeplay/control";

/** Judges control.lua. `readLocal` gives the text of another script of the save, undefined where there is none. */
export async function classifyScenario(
  control: Buffer | undefined,
  readLocal: (path: string) => Promise<string | undefined>,
): Promise<ScenarioScript> {
  if (!control) return { kind: "none", sha1: "" };
  const sha1 = createHash("sha1").update(control).digest("hex");
  if (FREEPLAY_SHA1.has(sha1)) return { kind: "freeplay", sha1 };
  const code = stripComments(control.toString("utf8"));
  const requires = requiredNames(code);
  if (/^require\s*\(?\s*["'][^"']+["']\s*\)?;?$/.test(code.trim()) && requires[0] === FREEPLAY_REQUIRE)
    return { kind: "freeplay", sha1 };
  const found = await ownRegistration(code, readLocal, new Set());
  return found === undefined ? { kind: "event-handler", sha1 } : { kind: "custom", sha1, found };
}

/** Follows the save's own requires; the first thing that would fight with event_handler, or undefined. */
async function ownRegistration(
  code: string,
  readLocal: (path: string) => Promise<string | undefined>,
  seen: Set<string>,
  file = "control.lua",
): Promise<string | undefined> {
  const call = /\bscript\s*\.\s*on_\w+/.exec(code) ?? /\bscript\s*\[/.exec(code);
  if (call) return `${file} calls ${call[0].replace(/\s+/g, "")} itself`;
  if (/\brequire\s*\(?\s*(?!["'\s([])/.test(code)) return `${file} builds the names of the files it requires`;
  for (const name of requiredNames(code)) {
    if (seen.has(name)) continue;
    seen.add(name);
    const local = await readLocal(`${name}.lua`);
    if (local !== undefined) {
      const found = await ownRegistration(stripComments(local), readLocal, seen, `${name}.lua`);
      if (found !== undefined) return found;
    } else if (!HARMLESS_REQUIRES.has(name) && name !== FREEPLAY_REQUIRE) {
      return `${file} requires ${name}, of which nothing is known`;
    }
  }
  return undefined;
}

/** Names as the game resolves them: "/" between folders, no ".lua". */
function requiredNames(code: string): string[] {
  return [...code.matchAll(/\brequire\s*\(?\s*["']([^"'\n]+)["']/g)].map((match) => {
    const name = (match[1] ?? "").replace(/\.lua$/, "");
    return name.startsWith("__") ? name : name.replaceAll(".", "/");
  });
}

function stripComments(code: string): string {
  return code.replace(/--\[(=*)\[[\s\S]*?\]\1\]/g, " ").replace(/--[^\n]*/g, "");
}
