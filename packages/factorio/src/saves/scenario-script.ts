import { createHash } from "node:crypto";

/** What a save's own control.lua is to the patcher. "custom" registers events itself, or may do so: see lua/scenario.lua. */
export type ScenarioKind = "freeplay" | "event-handler" | "custom" | "none";

export interface ScenarioScript {
  kind: ScenarioKind;
  /** Of control.lua; empty for "none". */
  sha1: string;
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

/** `script.on_…`, and `script` where it is not followed by a member: it then goes by another name. Not in strings and paths. */
const OWN_USE = /(?<![\w.:"'/-])script\b(?:\s*\.\s*(?:on|set)_\w+|(?!\s*\.|["'/-]))/;

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
  const isCustom = await mayRegisterItself(code, readLocal, new Set());
  return { kind: isCustom ? "custom" : "event-handler", sha1 };
}

/** Follows the save's own requires. When in doubt it may: any script runs as "custom". */
async function mayRegisterItself(
  code: string,
  readLocal: (path: string) => Promise<string | undefined>,
  seen: Set<string>,
): Promise<boolean> {
  if (OWN_USE.test(code) || /\brequire\s*\(?\s*(?!["'\s([])/.test(code)) return true;
  for (const name of requiredNames(code)) {
    if (seen.has(name)) continue;
    seen.add(name);
    const local = await readLocal(`${name}.lua`);
    if (local !== undefined) {
      if (await mayRegisterItself(stripComments(local), readLocal, seen)) return true;
    } else if (!HARMLESS_REQUIRES.has(name) && name !== FREEPLAY_REQUIRE) {
      return true;
    }
  }
  return false;
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
