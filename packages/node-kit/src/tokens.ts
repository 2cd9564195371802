import { createHash, randomBytes } from "node:crypto";

/** What a secret is for; it stands at its beginning so that people and secret scanners can tell. */
export type TokenKind = "host" | "user" | "session" | "link";

const PREFIXES: Record<TokenKind, string> = { host: "swh", user: "swu", session: "sws", link: "swl" };

/** Finds Switchyard's secrets in any text, for example to keep them out of logs. */
export const TOKEN_PATTERN = /sw[husl]_[A-Za-z0-9_-]{20,}/g;

/** A new secret with 256 random bits: `swh_...`. */
export function createToken(kind: TokenKind): string {
  return `${PREFIXES[kind]}_${randomBytes(32).toString("base64url")}`;
}

/** What is stored instead of the secret: hex SHA-256. Enough without salt or stretching, since the secret is random. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** A new id for an entity: 10 characters of lower case letters and digits, about 50 random bits. */
export function createId(): string {
  const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  return Array.from(randomBytes(10), (byte) => alphabet[byte % alphabet.length]).join("");
}
