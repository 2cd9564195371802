import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Personality } from "./personality.js";

interface ModEntry {
  name: string;
  enabled: boolean;
}

/** `mods/mod-list.json`: read at start, rewritten from memory at exit (facts §8). */
export class ModList {
  private readonly entries: ModEntry[];

  constructor(
    private readonly path: string,
    private readonly builtIn: readonly string[],
  ) {
    const listed = readEntries(path);
    const missing = builtIn.filter((name) => !listed.some((entry) => entry.name === name));
    this.entries = [...missing.map((name) => ({ name, enabled: true })), ...listed];
  }

  isEnabled(name: string): boolean {
    return this.entries.some((entry) => entry.name === name && (entry.enabled || name === "base"));
  }

  /** Only built-in mods run in the simulator; name → version, in load order. */
  active(personality: Personality): Record<string, string> {
    const enabled = this.builtIn.filter((name) => this.isEnabled(name));
    return Object.fromEntries(enabled.map((name) => [name, personality.versionText]));
  }

  write(): void {
    mkdirSync(dirname(this.path), { recursive: true });
    const temporary = `${this.path}.tmp`;
    writeFileSync(temporary, `${JSON.stringify({ mods: this.entries }, null, 2)}\n`);
    renameSync(temporary, this.path);
  }
}

/** The mods of the install's data folder; a plain run without an install has only base. */
export function builtInMods(personality: Personality, readData: string): string[] {
  const candidates = personality.isTwo ? ["base", "elevated-rails", "quality", "space-age"] : ["base"];
  if (personality.isAtLeast("2.1.0")) candidates.splice(2, 0, "recycler");
  return candidates.filter((name) => name === "base" || existsSync(join(readData, name, "info.json")));
}

/** An unreadable list (a byte order mark, torn JSON) counts as absent, silently, as in the game (facts-2 §1.1). */
function readEntries(path: string): ModEntry[] {
  if (!existsSync(path)) return [];
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const mods = typeof value === "object" && value !== null && "mods" in value ? value.mods : undefined;
    return Array.isArray(mods) ? mods.filter(isModEntry) : [];
  } catch {
    return [];
  }
}

function isModEntry(value: unknown): value is ModEntry {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "enabled" in value
  );
}
