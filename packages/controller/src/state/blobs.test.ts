import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlobReference } from "@switchyard/protocol";
import { ControllerStore } from "../store/controller-store.js";
import { refusal } from "../testing/test-cluster.js";
import { LOCAL_ACTOR } from "./audit.js";
import { Blobs } from "./blobs.js";

const HOUR_MS = 3_600_000;

describe("blobs", () => {
  let directory: string;
  let store: ControllerStore;
  let blobs: Blobs;
  const referenced = new Set<string>();

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-blobs-"));
    referenced.clear();
    await open();
  });

  afterEach(async () => {
    await close();
    await rm(directory, { recursive: true, force: true });
  });

  async function open(): Promise<void> {
    store = await ControllerStore.open(join(directory, "test.db"));
    blobs = new Blobs({
      store,
      directory: join(directory, "blobs"),
      maxBytes: 600,
      maxTotalBytes: 1000,
      referenced: () => referenced,
    });
    await blobs.open();
  }

  async function close(): Promise<void> {
    await blobs.close();
    await store.close();
  }

  const add = (letter: string, size: number) => blobs.add(chunks(letter, size), LOCAL_ACTOR);
  const age = (blob: BlobReference, ms: number) =>
    store.write((write) =>
      write
        .updateTable("blobs")
        .set({ used_at_ms: Date.now() - ms })
        .where("sha256", "=", blob.sha256)
        .execute(),
    );
  const kept = async () => (await readdir(join(directory, "blobs"))).filter((name) => name !== "incoming");

  it("go when they were not used for a day, unless an instance begins with them", async () => {
    const [fresh, old, needed] = [await add("a", 10), await add("b", 10), await add("c", 10)];
    await age(fresh, 23 * HOUR_MS);
    await age(old, 25 * HOUR_MS);
    await age(needed, 25 * HOUR_MS);
    referenced.add(needed.sha256);
    await close();
    await open();
    assert.deepEqual((await kept()).sort(), [fresh.sha256, needed.sha256].sort());
    assert.equal(await blobs.find(old.sha256), undefined);
  });

  it("stay when they are asked for", async () => {
    await close();
    await open();
    const blob = await add("a", 10);
    await age(blob, 25 * HOUR_MS);
    assert.ok(await blobs.find(blob.sha256));
    assert.equal(await blobs.sweep(), 0);
    assert.deepEqual(await kept(), [blob.sha256]);
  });

  it("make room for new ones, the least recently used first", async () => {
    const [first, second] = [await add("a", 400), await add("b", 400)];
    await age(first, 2 * HOUR_MS);
    await age(second, HOUR_MS);
    const third = await add("c", 400);
    assert.deepEqual((await kept()).sort(), [second.sha256, third.sha256].sort());
  });

  it("are refused, and leave nothing, when those in use fill the room", async () => {
    const [first, second] = [await add("a", 400), await add("b", 400)];
    await age(first, 2 * HOUR_MS);
    referenced.add(first.sha256);
    await assert.rejects(add("c", 400), refusal("uploads-full"));
    assert.deepEqual((await kept()).sort(), [first.sha256, second.sha256].sort());
    assert.deepEqual(await readdir(join(directory, "blobs", "incoming")), []);
    assert.ok(await add("b", 200), "what was refused does not count");
  });

  it("of the same content count once", async () => {
    for (let times = 0; times < 5; times += 1) await add("a", 400);
    assert.ok(await add("b", 400));
    assert.equal((await kept()).length, 2);
  });

  it("that no row knows are cleared away at the start", async () => {
    await close();
    await writeFile(join(directory, "blobs", "0".repeat(64)), "left by a kill");
    await open();
    assert.deepEqual(await kept(), []);
  });
});

async function* chunks(letter: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += 100)
    yield await Promise.resolve(Buffer.alloc(100, letter).subarray(0, size - at));
}
