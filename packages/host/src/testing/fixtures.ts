import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstanceSpec } from "@switchyard/protocol";
import { createDeferred } from "../deferred.js";

export function makeSpec(changes: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    id: "aaa",
    name: "Alpha",
    hostId: "h1",
    factorioVersion: "latest",
    gamePort: null,
    autoStart: false,
    firstSave: null,
    settings: {},
    ...changes,
  };
}

/** A folder for one test; `remove` it afterwards. */
export async function makeDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "switchyard-host-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Values that tests wait for instead of sleeping. */
export class Recorder<Value> {
  readonly values: Value[] = [];
  readonly #waiting = new Set<() => void>();

  add(value: Value): void {
    this.values.push(value);
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves as soon as what was recorded fits. */
  async until(fits: (values: Value[]) => boolean, what: string, limitMs = 10_000): Promise<void> {
    if (fits(this.values)) return;
    const done = createDeferred<void>();
    const look = () => fits(this.values) && done.resolve();
    const timer = setTimeout(
      () => done.reject(new Error(`not within ${limitMs} ms: ${what}; got ${JSON.stringify(this.values)}`)),
      limitMs,
    );
    this.#waiting.add(look);
    try {
      await done.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }
}
