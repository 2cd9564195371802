import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";

/** The game's own identity file with a secret in it: never show or export it (facts-2 §9). */
export function ensureServerId(path: string): void {
  if (existsSync(path)) return;
  const id = { id: randomBytes(32).toString("base64"), secret: randomBytes(32).toString("base64") };
  writeFileSync(path, `${JSON.stringify(id, null, 2)}\n`, { mode: 0o600 });
}
