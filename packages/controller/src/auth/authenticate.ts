import type { IncomingMessage } from "node:http";
import { AppError } from "@switchyard/protocol";
import type { User, Users } from "../state/users.js";
import type { RequestOrigin } from "./origin.js";
import type { TokenInfo, Tokens } from "./tokens.js";

export const SESSION_COOKIE = "switchyard_session";

/** Who sent a request. */
export type Requester =
  { kind: "host"; hostId: string; token: TokenInfo } | { kind: "user"; user: User; token: TokenInfo };

export interface AuthenticateOptions {
  tokens: Tokens;
  users: Users;
  origin: RequestOrigin;
}

/** `upgrade`: browsers always name the origin there, so it is needed with a cookie. */
export type RequestUse = "read" | "change" | "upgrade";

/**
 * By `Authorization: Bearer <token>`, or by the session cookie when the request is of our own origin.
 * Throws `not-signed-in`, `token-unknown`, `token-expired`, `origin-refused`.
 */
export async function authenticate(
  options: AuthenticateOptions,
  request: IncomingMessage,
  use: RequestUse,
): Promise<Requester> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (secret === undefined) throw new AppError("token-unknown");
    return toRequester(options.users, await options.tokens.check(secret, ["host", "user"]));
  }
  const secret = readCookie(request.headers.cookie, SESSION_COOKIE);
  if (secret === undefined) throw new AppError("not-signed-in");
  if (use !== "read") options.origin.requireOwn(request, { originNeeded: use === "upgrade" });
  return toRequester(options.users, await options.tokens.check(secret, ["session"]));
}

function toRequester(users: Users, token: TokenInfo): Requester {
  if (token.kind === "host") return { kind: "host", hostId: token.subjectId, token };
  const user = users.get(token.subjectId);
  if (!user) throw new AppError("token-unknown");
  return { kind: "user", user, token };
}

export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name && value !== undefined && value !== "") return value;
  }
  return undefined;
}
