import { Type } from "typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AppError, HTTP_PATHS, type SchemaCompiler } from "@switchyard/protocol";
import { errorFields, type Logger } from "@switchyard/node-kit";
import type { AttemptLimit } from "../auth/attempt-limit.js";
import { authenticate, SESSION_COOKIE, type Requester } from "../auth/authenticate.js";
import type { RequestOrigin } from "../auth/origin.js";
import type { NewSession, SignIn } from "../auth/sign-in.js";
import type { Tokens } from "../auth/tokens.js";
import { listPermissions, type User, type Users } from "../state/users.js";

export interface SessionRoutesOptions {
  signIn: SignIn;
  tokens: Tokens;
  users: Users;
  origin: RequestOrigin;
  attempts: AttemptLimit;
  compiler: SchemaCompiler;
  clusterName: string;
  version: string;
  log: Logger;
}

const SignInBody = Type.Object({ token: Type.String({ minLength: 1, maxLength: 200 }) });

/** Signing in and out of the panel. The cookie is HttpOnly and never leaves this site. */
export function sessionRoutes(options: SessionRoutesOptions): (app: FastifyInstance) => void {
  const isSignInBody = options.compiler(SignInBody);
  return (app) => {
    app.post(HTTP_PATHS.session, async (request, reply) => {
      options.origin.requireOwn(request.raw, { originNeeded: false });
      const fault = isSignInBody(request.body);
      if (fault !== undefined) throw new AppError("bad-request", { reason: fault });
      const { token } = request.body as { token: string };
      const session = await begin(options, token.trim(), request);
      setCookie(options.origin, request, reply, session);
      return about(options, session.user);
    });

    app.get(HTTP_PATHS.session, async (request, reply) => {
      void reply.header("cache-control", "no-store");
      return about(options, requireUser(await authenticate(options, request.raw, "read")));
    });

    app.delete(HTTP_PATHS.session, async (request, reply) => {
      const requester = await authenticate(options, request.raw, "change");
      const user = requireUser(requester);
      await options.signIn.revoke(requester.token.hash, {
        name: `user/${user.name}`,
        origin: options.origin.addressOf(request.raw),
      });
      void reply.clearCookie(SESSION_COOKIE, { path: "/" }).code(204).send();
      return reply;
    });
  };
}

async function begin(
  options: SessionRoutesOptions,
  secret: string,
  request: FastifyRequest,
): Promise<NewSession> {
  const address = options.origin.addressOf(request.raw);
  options.attempts.check(address);
  try {
    return await options.signIn.begin(secret, address);
  } catch (error) {
    if (AppError.from(error).status === 401) {
      options.attempts.failed(address);
      options.log.warn(`A sign-in from ${address} was refused`, errorFields(error));
    }
    throw error;
  }
}

function setCookie(
  origin: RequestOrigin,
  request: FastifyRequest,
  reply: FastifyReply,
  session: NewSession,
): void {
  void reply.header("cache-control", "no-store").setCookie(SESSION_COOKIE, session.secret, {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: origin.isSecure(request.raw),
    expires: new Date(session.expiresAtMs),
  });
}

function requireUser(requester: Requester): User {
  if (requester.kind !== "user") throw new AppError("not-signed-in");
  return requester.user;
}

function about({ clusterName, version }: SessionRoutesOptions, user: User) {
  return { user: user.name, permissions: listPermissions(user), clusterName, version };
}
