import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { refusal } from "../testing/test-cluster.js";
import { ControllerStore, lastNumber, nextNumber } from "./controller-store.js";

describe("the controller's store", () => {
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-store-"));
    file = join(directory, "controller.db");
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("is made on the first opening and kept for the next", async () => {
    const first = await ControllerStore.open(file);
    await first.write((write) => nextNumber(write, "things", 3));
    await first.close();
    const second = await ControllerStore.open(file);
    assert.equal(await lastNumber(second.db, "things"), 3);
    assert.equal(await second.write((write) => nextNumber(write, "things")), 4);
    await second.close();
  });

  it("undoes all of a write that fails, and goes on", async () => {
    const store = await ControllerStore.open(file);
    await assert.rejects(
      store.write(async (write) => {
        await nextNumber(write, "things");
        throw new Error("on purpose");
      }),
      /on purpose/,
    );
    assert.equal(await lastNumber(store.db, "things"), 0);
    await store.close();
  });

  it("applies writes to memory in the order in which they were asked for", async () => {
    const store = await ControllerStore.open(file);
    const applied: number[] = [];
    const order = Array.from({ length: 50 }, (_, index) => index);
    await Promise.all(
      order.map((index) =>
        store.write(
          async (write) => {
            await nextNumber(write, "things");
            return index;
          },
          (result) => void applied.push(result),
        ),
      ),
    );
    assert.deepEqual(applied, order);
    await store.close();
  });

  it("refuses a store of a newer program, and a file that is no store", async () => {
    const store = await ControllerStore.open(file);
    await store.write((write) =>
      write
        .insertInto("kysely_migration" as "counters")
        .values({ name: "9999-from-the-future", timestamp: "" } as unknown as { name: string; value: number })
        .execute(),
    );
    await store.close();
    await assert.rejects(ControllerStore.open(file), refusal("store-too-new"));
    const text = join(directory, "text.db");
    await writeFile(text, "no database, but long enough to be looked at as if it were one\n".repeat(100));
    await assert.rejects(ControllerStore.open(text), refusal("store-corrupt"));
  });

  it("says that a folder may not be written", async function () {
    if (process.getuid?.() === 0) {
      console.log("    skipped: root may write everywhere");
      return this.skip();
    }
    await chmod(directory, 0o500);
    await assert.rejects(ControllerStore.open(file), refusal("no-permission"));
    await chmod(directory, 0o700);
  });
});
