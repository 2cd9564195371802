import { CreateSignInLink, CreateUserToken, GetSession } from "@switchyard/protocol";
import type { Dispatcher } from "@switchyard/link";
import { SIGN_IN_LINK_LIFE_MS, type SignIn } from "../auth/sign-in.js";
import type { Askers } from "../link/askers.js";
import { listPermissions, type Users } from "../state/users.js";

export interface ServeUsersOptions {
  dispatcher: Dispatcher;
  users: Users;
  signIn: SignIn;
  askers: Askers;
  clusterName: string;
  version: string;
  signInUrl(secret: string): string;
}

export function serveUsers(options: ServeUsersOptions): void {
  const { dispatcher, users, signIn, askers, clusterName, version } = options;
  dispatcher.handle(GetSession, (_, context) => {
    const user = askers.user(context);
    return { user: user.name, permissions: listPermissions(user), clusterName, version };
  });
  dispatcher.handle(CreateSignInLink, async ({ user }, context) => {
    const { secret, expiresAtMs } = await signIn.createLink(
      users.named(user),
      SIGN_IN_LINK_LIFE_MS,
      askers.actor(context),
      askers.user(context),
    );
    return { url: options.signInUrl(secret), expiresAtMs: expiresAtMs ?? 0 };
  });
  dispatcher.handle(CreateUserToken, async ({ user, expiresInMs }, context) => {
    const { secret, expiresAtMs } = await signIn.createUserToken(
      users.named(user),
      expiresInMs,
      askers.actor(context),
      askers.user(context),
    );
    return { token: secret, expiresAtMs };
  });
}
