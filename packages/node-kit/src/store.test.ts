import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql, type Kysely, type Migration } from "kysely";
import { AppError } from "@switchyard/protocol";
import { openStore } from "./store.js";
import { explainSystemError } from "./system-errors.js";

interface Schema {
  notes: { text: string };
}

const first: Migration = {
  up: (db: Kysely<unknown>) => db.schema.createTable("notes").addColumn("text", "text").execute(),
};
const second: Migration = {
  up: (db: Kysely<unknown>) => db.schema.alterTable("notes").addColumn("at_ms", "bigint").execute(),
};

describe("openStore", () => {
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "switchyard-store-"));
    file = join(directory, "store.db");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const open = (migrations: Record<string, Migration> = { "0001": first }) =>
    openStore<Schema>({ file, migrations });
  const refused = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;

  it("keeps what was written, and is durable at once", async () => {
    const store = await open();
    const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(store.db);
    assert.equal(rows[0]?.synchronous, 2);
    await store.db.insertInto("notes").values({ text: "kept" }).execute();
    await store.close();
    const again = await open();
    assert.deepEqual(await again.db.selectFrom("notes").selectAll().execute(), [{ text: "kept" }]);
    await again.close();
  });

  it("keeps a copy before a migration changes it, and none before the first", async () => {
    const store = await open();
    await store.db.insertInto("notes").values({ text: "old" }).execute();
    await store.close();
    const copies = () => readdirSync(directory).filter((name) => name.includes("before-migration"));
    assert.deepEqual(copies(), []);
    await (await open({ "0001": first, "0002": second })).close();
    assert.deepEqual(copies(), ["store.db.before-migration-after-0001"]);
    file = join(directory, copies()[0] ?? "");
    const copy = await open();
    assert.deepEqual(await copy.db.selectFrom("notes").selectAll().execute(), [{ text: "old" }]);
    await copy.close();
  });

  it("undoes a migration that fails", async () => {
    await (await open()).close();
    const broken: Migration = {
      up: async (db: Kysely<unknown>) => {
        await second.up(db);
        throw new Error("on purpose");
      },
    };
    await assert.rejects(open({ "0001": first, "0002": broken }), /on purpose/);
    await (await open({ "0001": first, "0002": second })).close();
  });

  it("refuses what a newer program wrote, what is damaged and what is no store", async () => {
    await (await open({ "0001": first, "0002": second })).close();
    await assert.rejects(open(), refused("store-too-new"));
    const bytes = readFileSync(file);
    bytes.fill(0xaa, 4096, 4 * 4096);
    writeFileSync(file, bytes);
    await assert.rejects(open({ "0001": first, "0002": second }), refused("store-corrupt"));
    writeFileSync(file, "just text\n".repeat(1000));
    await assert.rejects(open(), refused("store-corrupt"));
  });

  it("says that the disk is full, and is whole afterwards", async function () {
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=600k", "tmpfs", directory]).status !== 0) {
      console.log("    skipped: a small file system cannot be mounted here");
      return this.skip();
    }
    try {
      const store = await open();
      const text = "x".repeat(20_000);
      const fill = async () => {
        for (let row = 0; row < 100; row += 1) await store.db.insertInto("notes").values({ text }).execute();
      };
      await assert.rejects(fill(), (error) => explainSystemError(error).code === "disk-full");
      await store.close();
      assert.ok(existsSync(file));
    } finally {
      // The driver gives file handles back only when its statements are collected.
      execFileSync("umount", ["--lazy", directory]);
    }
  });
});
