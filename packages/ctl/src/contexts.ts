import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readJsonFile, writeFileAtomic } from "@switchyard/node-kit/files";
import { explainSystemError } from "@switchyard/node-kit/system-errors";
import { AppError } from "@switchyard/protocol";
import type { CtlIo } from "./io.js";

/** How to reach one cluster. */
export interface Context {
  /** The controller's `http://` or `https://` address, without a path. */
  url: string;
  /** A user's API token. */
  token: string;
  /** Set by `switchyard up`: the cluster's folder, so that the next start finds its own context again. */
  dataDirectory?: string;
}

export interface ContextFile {
  /** The name of the context that is used when none is named. */
  current: string | null;
  contexts: Record<string, Context>;
}

type Place = Pick<CtlIo, "environment" | "platform" | "homeDirectory">;

const LOCK_PATIENCE_MS = 2000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** SWITCHYARD_CONTEXT_FILE, else `switchyard/contexts.json` where the system keeps a user's settings. */
export function contextFilePath(io: Place): string {
  const named = io.environment["SWITCHYARD_CONTEXT_FILE"];
  if (named) return named;
  const folder = io.platform === "win32" ? io.environment["APPDATA"] : io.environment["XDG_CONFIG_HOME"];
  return join(folder || join(io.homeDirectory, ".config"), "switchyard", "contexts.json");
}

/** A missing file counts as empty; one that is not ours is refused rather than overwritten. */
export async function readContexts(path: string): Promise<ContextFile> {
  const content = await readJsonFile(path);
  if (content === undefined) return { current: null, contexts: {} };
  if (!isContextFile(content))
    throw new AppError("config-invalid", { field: path, reason: "it does not hold contexts" });
  return content;
}

/** Changes the file under a lock, so that two programs that add a context both succeed. Readable by the owner only. */
export async function changeContexts(
  path: string,
  change: (file: ContextFile) => void,
): Promise<ContextFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw explainSystemError(error, { path });
  });
  const release = await lock(`${path}.lock`);
  try {
    const file = await readContexts(path);
    change(file);
    await writeFileAtomic(path, `${JSON.stringify(file, null, 2)}\n`, 0o600);
    return file;
  } finally {
    await release();
  }
}

export function checkContextName(name: string): void {
  if (!NAME.test(name)) {
    throw new AppError("usage", {
      reason: `"${name}" cannot name a context; use letters, digits, ".", "_" and "-"`,
    });
  }
}

/** Gives back the address without a trailing slash; refuses what is not `http(s)://host[:port]`. */
export function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:") || url.host === "") {
    throw new AppError("usage", {
      reason: `"${text}" is not the address of a controller; write it like http://localhost:8480`,
    });
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** Which cluster a command is for: `--context`, then SWITCHYARD_URL with SWITCHYARD_TOKEN, then the current context. */
export async function chooseContext(io: Place, name: string | undefined): Promise<Context> {
  const url = io.environment["SWITCHYARD_URL"];
  const token = io.environment["SWITCHYARD_TOKEN"];
  if (name === undefined && url) {
    if (!token)
      throw new AppError("usage", { reason: "SWITCHYARD_URL is set; set SWITCHYARD_TOKEN as well" });
    return { url: checkUrl(url), token };
  }
  const file = await readContexts(contextFilePath(io));
  const chosen = name ?? file.current;
  if (chosen === null) throw new AppError("no-context");
  const context = Object.hasOwn(file.contexts, chosen) ? file.contexts[chosen] : undefined;
  if (!context) throw new AppError("not-found", { what: "context", id: chosen });
  return token && name === undefined ? { ...context, token } : context;
}

function isContextFile(value: unknown): value is ContextFile {
  if (typeof value !== "object" || value === null) return false;
  const { current, contexts } = value as Partial<ContextFile>;
  if (typeof contexts !== "object" || contexts === null) return false;
  const entries: Partial<Context>[] = Object.values(contexts);
  const whole = entries.every((entry) => typeof entry?.url === "string" && typeof entry.token === "string");
  return whole && (current === null || typeof current === "string");
}

/** A lock that a killed program left is older than anybody needs and is taken over. */
async function lock(path: string): Promise<() => Promise<void>> {
  const giveUpAtMs = Date.now() + LOCK_PATIENCE_MS;
  for (;;) {
    try {
      await (await open(path, "wx", 0o600)).close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw explainSystemError(error, { path });
    }
    const age =
      Date.now() -
      (await stat(path).then(
        (found) => found.mtimeMs,
        () => Date.now(),
      ));
    if (age > LOCK_PATIENCE_MS || Date.now() > giveUpAtMs) await rm(path, { force: true });
    else await delay(20);
  }
}
