import { AppError } from "@switchyard/protocol";
import { createToken, hashToken, type TokenKind } from "@switchyard/node-kit";
import type { ControllerStore, Write } from "../store/controller-store.js";

export interface TokenInfo {
  hash: string;
  kind: TokenKind;
  /** A user's or a host's id. */
  subjectId: string;
  name: string;
  expiresAtMs: number | null;
}

export interface NewToken {
  kind: TokenKind;
  subjectId: string;
  name: string;
  expiresAtMs: number | null;
  parentHash?: string;
}

/** How often a use is noted at most, so that reading does not mean writing. */
const NOTE_USE_EVERY_MS = 60_000;

/** Secrets, kept as hashes: made, checked, used up, revoked. */
export class Tokens {
  private readonly revokedListeners = new Set<(hash: string) => void>();

  constructor(
    private readonly store: ControllerStore,
    private readonly now: () => number = Date.now,
  ) {}

  /** Answers the secret, which is kept nowhere. */
  async create(write: Write, token: NewToken): Promise<string> {
    const secret = createToken(token.kind);
    await write
      .insertInto("tokens")
      .values({
        hash: hashToken(secret),
        kind: token.kind,
        subject_id: token.subjectId,
        name: token.name,
        parent_hash: token.parentHash ?? null,
        created_at_ms: this.now(),
        expires_at_ms: token.expiresAtMs,
        last_used_at_ms: null,
        revoked_at_ms: null,
      })
      .execute();
    return secret;
  }

  /** Throws `token-unknown` (also for a token of another kind, or a revoked one) or `token-expired`. */
  async check(secret: string, kinds: readonly TokenKind[]): Promise<TokenInfo> {
    const row = await this.store.db
      .selectFrom("tokens")
      .selectAll()
      .where("hash", "=", hashToken(secret))
      .executeTakeFirst();
    const kind = row?.kind as TokenKind;
    if (!row || row.revoked_at_ms !== null || !kinds.includes(kind)) throw new AppError("token-unknown");
    const now = this.now();
    if (row.expires_at_ms !== null && row.expires_at_ms <= now) throw new AppError("token-expired");
    if ((row.last_used_at_ms ?? 0) < now - NOTE_USE_EVERY_MS) await this.noteUse(row.hash, now);
    return {
      hash: row.hash,
      kind,
      subjectId: row.subject_id,
      name: row.name,
      expiresAtMs: row.expires_at_ms,
    };
  }

  /** Of any number that try at once, one gets it. Throws `sign-in-link-used`. Answers the user's id. */
  async useLink(write: Write, secret: string): Promise<string> {
    const used = await write
      .updateTable("tokens")
      .set({ revoked_at_ms: this.now(), last_used_at_ms: this.now() })
      .where("hash", "=", hashToken(secret))
      .where("kind", "=", "link")
      .where("revoked_at_ms", "is", null)
      .where("expires_at_ms", ">", this.now())
      .returning("subject_id")
      .executeTakeFirst();
    if (!used) throw new AppError("sign-in-link-used");
    return used.subject_id;
  }

  /** Revokes a token and the sessions that were signed in with it; listeners then cut live links. */
  async revoke(write: Write, hash: string): Promise<string[]> {
    const revoked = await write
      .updateTable("tokens")
      .set({ revoked_at_ms: this.now() })
      .where((where) => where.or([where("hash", "=", hash), where("parent_hash", "=", hash)]))
      .where("revoked_at_ms", "is", null)
      .returning("hash")
      .execute();
    return revoked.map((row) => row.hash);
  }

  /** To be called when a revocation is in the store. */
  announceRevoked(hashes: readonly string[]): void {
    for (const hash of hashes) for (const listener of this.revokedListeners) listener(hash);
  }

  onRevoked(listener: (hash: string) => void): void {
    this.revokedListeners.add(listener);
  }

  /** Forgets what ended long ago. */
  async prune(endedBeforeMs: number): Promise<void> {
    await this.store.write((write) =>
      write
        .deleteFrom("tokens")
        .where((where) =>
          where.or([where("expires_at_ms", "<", endedBeforeMs), where("revoked_at_ms", "<", endedBeforeMs)]),
        )
        .execute(),
    );
  }

  private async noteUse(hash: string, now: number): Promise<void> {
    await this.store.write((write) =>
      write.updateTable("tokens").set({ last_used_at_ms: now }).where("hash", "=", hash).execute(),
    );
  }
}
