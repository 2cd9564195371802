import type { Server } from "node:http";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { AppError, HTTP_PATHS } from "@switchyard/protocol";
import { errorFields, type Logger } from "@switchyard/node-kit";
import { servePanel } from "./panel.js";

export interface HttpServerOptions {
  /** The directory of the built panel; undefined: there is none. */
  webRoot: string | undefined;
  isHttps: boolean;
  log: Logger;
}

const MAX_JSON_BYTES = 64 * 1024;
/** The whole of a request, so also of the largest upload. */
const LONGEST_REQUEST_MS = 60 * 60_000;

/**
 * Everything but the link: health, the panel, and what `routes` adds. Refusals are JSON, an ErrorPayload with the status
 * of the error table. Requests are not logged: what changes something is in the audit log.
 */
export async function createHttpServer(
  options: HttpServerOptions,
  routes: readonly ((app: FastifyInstance) => void)[],
): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit: MAX_JSON_BYTES,
    requestTimeout: LONGEST_REQUEST_MS,
    routerOptions: { ignoreTrailingSlash: true },
    forceCloseConnections: "idle",
  });
  await app.register(helmet, helmetOptions(options.isHttps));
  await app.register(cookie);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, options.log));
  app.get(HTTP_PATHS.health, () => ({ status: "ok" }));
  for (const add of routes) add(app);
  await servePanel(app, options);
  return app;
}

/** What is on the way gets a moment to end; then it is cut. */
export async function closeHttpServer(app: FastifyInstance, graceMs = 3000): Promise<void> {
  const server: Server = app.server;
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

/** Only what comes from here runs. Styles may stand in the page, since the panel's components write theirs there. */
function helmetOptions(isHttps: boolean) {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: "no-referrer" as const },
    strictTransportSecurity: isHttps,
  };
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): void {
  const refusal = toAppError(error);
  if (refusal.code === "internal") {
    log.error(`${request.method} ${request.routeOptions.url ?? "(unknown path)"} failed`, errorFields(error));
  }
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  void reply.code(refusal.status).type("application/json").send(refusal.toPayload());
}

/** What fastify itself refuses (no JSON, too large, a wrong content type) is the sender's fault, too. */
function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { statusCode, message } = error as { statusCode?: number; message: string };
  if (statusCode === 413) return new AppError("payload-too-large", { limit: MAX_JSON_BYTES });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new AppError("bad-request", { reason: message });
  }
  return AppError.from(error);
}
