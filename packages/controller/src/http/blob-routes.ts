import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AppError, HTTP_PATHS, SaveName, type Permission, type SchemaCompiler } from "@switchyard/protocol";
import { authenticate, type AuthenticateOptions, type Requester } from "../auth/authenticate.js";
import { auditRefusal, type Actor } from "../state/audit.js";
import type { Blobs } from "../state/blobs.js";
import { holdsPermission } from "../state/users.js";
import { readRange } from "./range.js";
import type { ControllerStore } from "../store/controller-store.js";
import type { Logger } from "@switchyard/node-kit";

export interface BlobRoutesOptions extends AuthenticateOptions {
  blobs: Blobs;
  store: ControllerStore;
  compiler: SchemaCompiler;
  log: Logger;
}

/** A user needs one of these. Hosts send and fetch what people asked them to. */
const MAY_UPLOAD: readonly Permission[] = ["instance.create", "save.write"];
const MAY_DOWNLOAD: readonly Permission[] = ["instance.create", "save.read"];

/** Uploads and downloads of users and of hosts. Nothing is held in memory. */
export function blobRoutes(options: BlobRoutesOptions): (app: FastifyInstance) => void {
  return (app) => {
    // Left alone, so that the bytes can be streamed to the disk.
    app.addContentTypeParser("application/octet-stream", (_request, _payload, done) => done(null));
    app.put(HTTP_PATHS.blobs, { onRequest: guardUpload(options) }, (request) => upload(options, request));
    type Download = { Params: { sha256: string }; Querystring: { name?: string } };
    app.get<Download>(`${HTTP_PATHS.blobs}/:sha256`, async (request, reply) => {
      const requester = await authenticate(options, request.raw, "read");
      requireAccess(options, requester, request, { action: "blob.download", permissions: MAY_DOWNLOAD });
      const { name } = request.query;
      if (name !== undefined) void reply.header("content-disposition", attachment(options.compiler, name));
      return download(options.blobs, request.params.sha256, request, reply);
    });
  };
}

/** Before any byte of the body is taken. */
function guardUpload(options: BlobRoutesOptions) {
  return async (request: FastifyRequest): Promise<void> => {
    const requester = await authenticate(options, request.raw, "change");
    requireAccess(options, requester, request, { action: "blob.upload", permissions: MAY_UPLOAD });
    if (request.headers["content-type"] !== "application/octet-stream") {
      throw new AppError("bad-request", { reason: "the content type must be application/octet-stream" });
    }
    if (Number(request.headers["content-length"] ?? 0) > options.blobs.maxBytes) {
      throw new AppError("payload-too-large", { limit: options.blobs.maxBytes });
    }
    request.uploader = actorOf(options, requester, request);
  };
}

async function upload({ blobs }: BlobRoutesOptions, request: FastifyRequest) {
  const body = request.raw;
  try {
    // Leaving the loop must not cut the connection, over which the refusal has yet to go.
    const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    return await blobs.add(chunks, request.uploader ?? { name: "?", origin: "" });
  } catch (error) {
    if (body.destroyed && !body.readableEnded) throw new AppError("cancelled", {}, { cause: error });
    body.resume();
    throw error;
  }
}

async function download(blobs: Blobs, sha256: string, request: FastifyRequest, reply: FastifyReply) {
  const blob = await blobs.find(sha256);
  if (!blob) throw new AppError("not-found", { what: "upload", id: sha256.slice(0, 64) });
  const range = readRange(request.headers.range, blob.sizeBytes);
  void reply
    .header("accept-ranges", "bytes")
    .header("etag", `"${blob.sha256}"`)
    .header("cache-control", "private, no-cache")
    .type("application/octet-stream");
  if (range === "unsatisfiable") {
    return reply.code(416).header("content-range", `bytes */${blob.sizeBytes}`).send();
  }
  const { first, last } = range ?? { first: 0, last: blob.sizeBytes - 1 };
  void reply.header("content-length", last - first + 1);
  if (range) void reply.code(206).header("content-range", `bytes ${first}-${last}/${blob.sizeBytes}`);
  return blob.sizeBytes === 0 ? reply.send("") : reply.send(blobs.read(blob, first, last));
}

function requireAccess(
  options: BlobRoutesOptions,
  requester: Requester,
  request: FastifyRequest,
  { action, permissions }: { action: string; permissions: readonly Permission[] },
): void {
  if (requester.kind === "host") return;
  if (permissions.some((permission) => holdsPermission(requester.user, permission))) return;
  const refusal = new AppError("permission-denied", { permission: permissions.join(" or ") });
  auditRefusal(options.store, options.log, actorOf(options, requester, request), {
    action,
    target: HTTP_PATHS.blobs,
    outcome: refusal.code,
  });
  throw refusal;
}

/** For browsers, which name the file by it. Only what may be a save's name gets into the header. */
function attachment(compiler: SchemaCompiler, name: string): string {
  const fault = compiler(SaveName)(name);
  if (fault !== undefined) throw new AppError("bad-request", { reason: `the name ${fault}` });
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename*=UTF-8''${encoded}`;
}

function actorOf(options: BlobRoutesOptions, requester: Requester, request: FastifyRequest): Actor {
  const origin = options.origin.addressOf(request.raw);
  return requester.kind === "host"
    ? { name: `host/${requester.hostId}`, origin }
    : { name: `user/${requester.user.name}`, origin };
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the guard of uploads. */
    uploader?: Actor;
  }
}
