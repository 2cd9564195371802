import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CtlIo, OutputStream } from "../io.js";

/** A process that exists only for a test: collects what is written. */
export class FakeIo implements CtlIo {
  readonly stdout: CollectedStream;
  readonly stderr: CollectedStream;
  readonly stdin: AsyncIterable<string>;
  readonly platform = "linux";
  readonly environment: Record<string, string>;
  readonly #interrupt = new AbortController();

  constructor(
    readonly homeDirectory: string,
    options: { input?: string; environment?: Record<string, string>; isTTY?: boolean } = {},
  ) {
    this.stdout = new CollectedStream(options.isTTY ?? false);
    this.stderr = new CollectedStream(options.isTTY ?? false);
    this.environment = options.environment ?? {};
    this.stdin = (async function* () {
      yield await Promise.resolve(options.input ?? "");
    })();
  }

  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  interrupt(): void {
    this.#interrupt.abort();
  }

  get workingDirectory(): string {
    return this.homeDirectory;
  }

  now(): number {
    return 1_000_000;
  }
}

export class CollectedStream implements OutputStream {
  text = "";
  readonly columns = 200;
  readonly #waiting = new Set<{ found: (text: string) => boolean; done: () => void }>();

  constructor(readonly isTTY: boolean) {}

  write(text: string, done?: (error?: Error | null) => void): boolean {
    this.text += text;
    done?.();
    for (const waiting of this.#waiting) if (waiting.found(this.text)) waiting.done();
    return true;
  }

  /** Resolves when everything written so far satisfies the condition. */
  until(found: (text: string) => boolean): Promise<void> {
    if (found(this.text)) return Promise.resolve();
    return new Promise((done) => this.#waiting.add({ found, done }));
  }
}

export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "switchyardctl-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
