import { HTTP_PATHS, type Permission } from "@switchyard/protocol";
import { hashToken } from "@switchyard/node-kit";
import { SIGN_IN_LINK_LIFE_MS } from "./auth/sign-in.js";
import { LOCAL_ACTOR } from "./state/audit.js";
import type { ClusterState } from "./state/cluster-state.js";
import type { NewHostToken } from "./state/hosts.js";
import type { User } from "./state/users.js";

/**
 * What whoever owns the data directory may do without signing in. Users that do not exist are created with all
 * permissions: this is how a cluster gets its first administrator, and there is no password to leave at its default.
 */
export interface Administration {
  createSignInLink(user: string, lifeMs?: number): Promise<{ url: string; expiresAtMs: number }>;
  createHostToken(name: string, expiresInMs?: number): Promise<NewHostToken>;
  createUserToken(user: string, expiresInMs?: number): Promise<{ token: string; expiresAtMs: number | null }>;
  /** Rejects `name-taken`. */
  createUser(name: string, permissions: readonly Permission[]): Promise<void>;
  /** Reaches open sessions. Rejects `not-found`. */
  setPermissions(user: string, permissions: readonly Permission[]): Promise<void>;
  /** Any token; links that were opened with it are cut. Nothing when it is not known. */
  revokeToken(token: string): Promise<void>;
}

export function createAdministration(
  { users, hosts, signIn }: Pick<ClusterState, "users" | "hosts" | "signIn">,
  signInUrl: (secret: string) => string,
): Administration {
  const userNamed = async (name: string): Promise<User> =>
    users.has(name) ? users.named(name) : users.create(name, ["admin"], LOCAL_ACTOR);
  return {
    async createSignInLink(user, lifeMs = SIGN_IN_LINK_LIFE_MS) {
      const { secret, expiresAtMs } = await signIn.createLink(await userNamed(user), lifeMs, LOCAL_ACTOR);
      return { url: signInUrl(secret), expiresAtMs: expiresAtMs ?? 0 };
    },
    createHostToken: (name, expiresInMs) => hosts.createToken(name, expiresInMs, LOCAL_ACTOR),
    async createUserToken(user, expiresInMs) {
      const owner = await userNamed(user);
      const { secret, expiresAtMs } = await signIn.createUserToken(owner, expiresInMs, LOCAL_ACTOR);
      return { token: secret, expiresAtMs };
    },
    async createUser(name, permissions) {
      await users.create(name, permissions, LOCAL_ACTOR);
    },
    setPermissions: (user, permissions) => users.setPermissions(user, permissions, LOCAL_ACTOR),
    revokeToken: (token) => signIn.revoke(hashToken(token), LOCAL_ACTOR),
  };
}

/** The token stands in the fragment, which browsers keep to themselves. */
export function signInUrl(baseUrl: string, secret: string): string {
  return `${baseUrl}${HTTP_PATHS.signInPage}#token=${secret}`;
}

/** Without a slash at the end. An address that stands for all of them is shown as this machine. */
export function baseUrl(bindAddress: string, port: number, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/$/, "");
  const everywhere: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "[::1]" };
  const name = everywhere[bindAddress] ?? (bindAddress.includes(":") ? `[${bindAddress}]` : bindAddress);
  return `http://${name}:${port}`;
}
