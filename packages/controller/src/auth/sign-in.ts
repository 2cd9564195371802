import { AppError } from "@switchyard/protocol";
import { hashToken } from "@switchyard/node-kit";
import { audit, type Actor } from "../state/audit.js";
import { requireCover, type User, type Users } from "../state/users.js";
import type { ControllerStore } from "../store/controller-store.js";
import type { Tokens } from "./tokens.js";

export const SESSION_LIFE_MS = 30 * 24 * 3_600_000;
export const SIGN_IN_LINK_LIFE_MS = 10 * 60_000;

export interface SignInOptions {
  store: ControllerStore;
  users: Users;
  tokens: Tokens;
}

export interface NewSession {
  user: User;
  /** For the cookie. */
  secret: string;
  expiresAtMs: number;
}

/** What people and programs sign in with: one-time links, API tokens, and the sessions made of them. */
export class SignIn {
  constructor(private readonly options: SignInOptions) {}

  /** The secret of a link that signs the user in once. `asker` undefined: the machine's own administrator. */
  createLink(user: User, lifeMs: number, actor: Actor, asker?: User): Promise<Secret> {
    return this.createSecret({ user, kind: "link", expiresAtMs: Date.now() + lifeMs, actor, asker });
  }

  createUserToken(user: User, expiresInMs: number | undefined, actor: Actor, asker?: User): Promise<Secret> {
    const expiresAtMs = expiresInMs === undefined ? null : Date.now() + expiresInMs;
    return this.createSecret({ user, kind: "user", expiresAtMs, actor, asker });
  }

  /** Changes a link's secret (used up by this) or an API token for a session. Throws `sign-in-link-used`, `token-...`. */
  async begin(secret: string, origin: string): Promise<NewSession> {
    return secret.startsWith("swl_") ? this.beginByLink(secret, origin) : this.beginByToken(secret, origin);
  }

  /** Ends a session, or revokes a token with all sessions that were made of it. */
  async revoke(hash: string, actor: Actor): Promise<void> {
    const { store, tokens } = this.options;
    await store.write(
      async (write) => {
        const revoked = await tokens.revoke(write, hash);
        if (revoked.length > 0) {
          await audit(write, actor, {
            action: "token.revoke",
            target: `token/${hash.slice(0, 12)}`,
            after: { revoked: revoked.length },
            outcome: "done",
          });
        }
        return revoked;
      },
      (revoked) => tokens.announceRevoked(revoked),
    );
  }

  private async beginByLink(secret: string, origin: string): Promise<NewSession> {
    const { store, tokens } = this.options;
    const expiresAtMs = Date.now() + SESSION_LIFE_MS;
    return store.write(async (write) => {
      const user = this.requireUser(await tokens.useLink(write, secret));
      const session = await tokens.create(write, {
        kind: "session",
        subjectId: user.id,
        name: "sign-in link",
        expiresAtMs,
      });
      await audit(write, { name: `user/${user.name}`, origin }, signedIn(user, "sign-in link"));
      return { user, secret: session, expiresAtMs };
    });
  }

  private async beginByToken(secret: string, origin: string): Promise<NewSession> {
    const { store, tokens } = this.options;
    const token = await tokens.check(secret, ["user"]);
    const user = this.requireUser(token.subjectId);
    const expiresAtMs = Math.min(Date.now() + SESSION_LIFE_MS, token.expiresAtMs ?? Infinity);
    return store.write(async (write) => {
      const session = await tokens.create(write, {
        kind: "session",
        subjectId: user.id,
        name: "API token",
        expiresAtMs,
        parentHash: hashToken(secret),
      });
      await audit(write, { name: `user/${user.name}`, origin }, signedIn(user, "API token"));
      return { user, secret: session, expiresAtMs };
    });
  }

  private async createSecret(options: {
    user: User;
    kind: "link" | "user";
    expiresAtMs: number | null;
    actor: Actor;
    asker: User | undefined;
  }): Promise<Secret> {
    const { user, kind, expiresAtMs, actor, asker } = options;
    if (asker) requireCover(asker, user);
    const secret = await this.options.store.write(async (write) => {
      await audit(write, actor, {
        action: kind === "link" ? "user.create-sign-in-link" : "user.create-token",
        target: `user/${user.name}`,
        after: { expiresAtMs },
        outcome: "done",
      });
      return this.options.tokens.create(write, { kind, subjectId: user.id, name: actor.name, expiresAtMs });
    });
    return { secret, expiresAtMs };
  }

  private requireUser(id: string): User {
    const user = this.options.users.get(id);
    if (!user) throw new AppError("token-unknown");
    return user;
  }
}

export interface Secret {
  secret: string;
  expiresAtMs: number | null;
}

function signedIn(user: User, by: string) {
  return { action: "session.begin", target: `user/${user.name}`, after: { by }, outcome: "done" };
}
