import { existsSync } from "node:fs";
import { join } from "node:path";
import staticFiles from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { AppError } from "@switchyard/protocol";
import type { Logger } from "@switchyard/node-kit";

export interface PanelOptions {
  webRoot: string | undefined;
  log: Logger;
}

/** The built panel. Its pages are made in the browser, so that every page that is asked for is the same file. */
export async function servePanel(app: FastifyInstance, { webRoot, log }: PanelOptions): Promise<void> {
  const isBuilt = webRoot !== undefined && existsSync(join(webRoot, "index.html"));
  if (webRoot !== undefined && !isBuilt)
    log.warn(`There is no panel in ${webRoot}; build it with: npm run build`);
  if (isBuilt) {
    await app.register(staticFiles, {
      root: webRoot,
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.setHeader("cache-control", cacheControl(path));
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const wantsPage = (request.headers.accept ?? "").includes("text/html");
    if (isBuilt && request.method === "GET" && wantsPage && !path.startsWith("/api/")) {
      return reply.header("cache-control", "no-cache").sendFile("index.html");
    }
    throw new AppError("not-found", { what: "page", id: path.slice(0, 200) });
  });
}

/** Files in assets/ carry their content's hash in their name. */
function cacheControl(path: string): string {
  return /[\\/]assets[\\/]/.test(path) ? "public, max-age=31536000, immutable" : "no-cache";
}
