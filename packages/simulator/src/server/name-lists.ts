import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/**
 * server-adminlist.json and server-whitelist.json: a JSON array of names, indented by a tab; names are compared
 * without regard to case (facts §5, §9.2).
 */
export class NameList {
  private readonly entries = new Map<string, string>();

  constructor(
    private readonly path: string,
    /** False keeps changes in memory only, as the game does with a whitelist that is switched off. */
    public persistent: boolean,
  ) {
    for (const entry of readArray(path))
      if (typeof entry === "string") this.entries.set(entry.toLowerCase(), entry);
  }

  names(): string[] {
    return [...this.entries.values()];
  }

  has(name: string): boolean {
    return this.entries.has(name.toLowerCase());
  }

  /** False when the name was there already. */
  add(name: string): boolean {
    if (this.has(name)) return false;
    this.entries.set(name.toLowerCase(), name);
    this.write();
    return true;
  }

  remove(name: string): boolean {
    if (!this.entries.delete(name.toLowerCase())) return false;
    this.write();
    return true;
  }

  clear(): void {
    this.entries.clear();
    this.write();
  }

  private write(): void {
    if (this.persistent) writeArray(this.path, this.names());
  }
}

/** server-banlist.json: names or objects with a reason; entries of other tools are kept as they are. */
export class BanList {
  private readonly entries = new Map<string, { name: string; reason: string; raw: unknown }>();

  constructor(private readonly path: string) {
    for (const raw of readArray(path)) {
      const name = typeof raw === "string" ? raw : fieldOf(raw, "username");
      if (name) this.entries.set(name.toLowerCase(), { name, reason: fieldOf(raw, "reason") ?? "", raw });
    }
  }

  names(): string[] {
    return [...this.entries.values()].map((entry) => entry.name);
  }

  has(name: string): boolean {
    return this.entries.has(name.toLowerCase());
  }

  add(name: string, reason: string): boolean {
    if (this.has(name)) return false;
    const raw = reason ? { username: name, reason } : { username: name };
    this.entries.set(name.toLowerCase(), { name, reason, raw });
    this.write();
    return true;
  }

  /** The name as it was written in the list, or undefined when it was not banned. */
  remove(name: string): string | undefined {
    const entry = this.entries.get(name.toLowerCase());
    if (!entry) return undefined;
    this.entries.delete(name.toLowerCase());
    this.write();
    return entry.name;
  }

  clear(): void {
    this.entries.clear();
    this.write();
  }

  private write(): void {
    writeArray(
      this.path,
      [...this.entries.values()].map((entry) => entry.raw),
    );
  }
}

function fieldOf(value: unknown, key: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const field = (value as Record<string, unknown>)[key];
  return typeof field === "string" ? field : undefined;
}

function readArray(path: string): unknown[] {
  if (!existsSync(path)) return [];
  const value: unknown = JSON.parse(readFileSync(path, "utf8"));
  return Array.isArray(value) ? value : [];
}

function writeArray(path: string, values: unknown[]): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(values, null, "\t")}\n`);
  renameSync(temporary, path);
}
