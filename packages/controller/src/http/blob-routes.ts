import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AppError, HTTP_PATHS } from "@switchyard/protocol";
import { authenticate, type AuthenticateOptions, type Requester } from "../auth/authenticate.js";
import { auditRefusal, type Actor } from "../state/audit.js";
import type { Blobs } from "../state/blobs.js";
import { requirePermission } from "../state/users.js";
import { readRange } from "./range.js";
import type { ControllerStore } from "../store/controller-store.js";
import type { Logger } from "@switchyard/node-kit";

export interface BlobRoutesOptions extends AuthenticateOptions {
  blobs: Blobs;
  store: ControllerStore;
  log: Logger;
}

/** Uploads of users with `instance.create`, and downloads of those and of hosts. Nothing is held in memory. */
export function blobRoutes(options: BlobRoutesOptions): (app: FastifyInstance) => void {
  return (app) => {
    // Left alone, so that the bytes can be streamed to the disk.
    app.addContentTypeParser("application/octet-stream", (_request, _payload, done) => done(null));
    app.put(HTTP_PATHS.blobs, { onRequest: guardUpload(options) }, (request) => upload(options, request));
    app.get<{ Params: { sha256: string } }>(`${HTTP_PATHS.blobs}/:sha256`, async (request, reply) => {
      await requireAccess(
        options,
        await authenticate(options, request.raw, "read"),
        request,
        "blob.download",
      );
      return download(options.blobs, request.params.sha256, request, reply);
    });
  };
}

/** Before any byte of the body is taken. */
function guardUpload(options: BlobRoutesOptions) {
  return async (request: FastifyRequest): Promise<void> => {
    const requester = await authenticate(options, request.raw, "change");
    if (requester.kind !== "user") throw new AppError("permission-denied", { permission: "instance.create" });
    await requireAccess(options, requester, request, "blob.upload");
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

async function requireAccess(
  options: BlobRoutesOptions,
  requester: Requester,
  request: FastifyRequest,
  action: string,
): Promise<void> {
  if (requester.kind === "host") return;
  try {
    requirePermission(requester.user, "instance.create");
  } catch (error) {
    const { code } = AppError.from(error);
    auditRefusal(options.store, options.log, actorOf(options, requester, request), {
      action,
      target: HTTP_PATHS.blobs,
      outcome: code,
    });
    throw error;
  }
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
