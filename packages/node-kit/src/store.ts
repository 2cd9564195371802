import { copyFileSync, existsSync, renameSync } from "node:fs";
import Database from "libsql";
import {
  Kysely,
  Migrator,
  SqliteAdapter,
  SqliteDialect,
  sql,
  type Migration,
  type SqliteDatabase,
} from "kysely";
import { AppError } from "@switchyard/protocol";
import { explainSystemError } from "./system-errors.js";

export interface OpenStoreOptions {
  /** The SQLite file; `:memory:` for tests. */
  file: string;
  /** Run in the order of their names; each in a transaction. A name that is missing here means a newer program wrote the store. */
  migrations: Readonly<Record<string, Migration>>;
}

export interface Store<Schema> {
  readonly db: Kysely<Schema>;
  close(): Promise<void>;
}

/**
 * Opens the store, checks that it is sound and brings it to the newest shape; a copy is kept beside it before a
 * migration changes it. Durable at once: write-ahead log, synchronous FULL.
 * Calls into SQLite block the event loop for as long as they take (around 0.2 ms for a durable write).
 */
export async function openStore<Schema>(options: OpenStoreOptions): Promise<Store<Schema>> {
  let db: Kysely<Schema> | undefined;
  try {
    const database = new Database(options.file);
    db = new Kysely<Schema>({
      dialect: new DurableSqliteDialect({ database: database as unknown as SqliteDatabase }),
    });
    for (const pragma of [
      "journal_mode = WAL",
      "synchronous = FULL",
      "foreign_keys = ON",
      "busy_timeout = 5000",
    ]) {
      database.pragma(pragma);
    }
    await checkSound(db, options.file);
    await migrate(db, options);
  } catch (error) {
    await db?.destroy();
    throw explainSystemError(error, { path: options.file });
  }
  const opened = db;
  return {
    db: opened,
    close: async () => {
      // So that the file alone is the whole store. Without it the next opening does the same.
      await sql`pragma wal_checkpoint(truncate)`.execute(opened).catch(() => undefined);
      await opened.destroy();
    },
  };
}

/** SQLite can undo changes of tables, which Kysely does not count on: then a migration cut short would stay half done. */
class DurableSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

async function checkSound<Schema>(db: Kysely<Schema>, file: string): Promise<void> {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check(1)`.execute(db);
  const answer = rows[0]?.quick_check;
  if (answer !== "ok")
    throw new AppError("store-corrupt", { path: file, reason: answer ?? "the check gave no answer" });
}

async function migrate<Schema>(db: Kysely<Schema>, options: OpenStoreOptions): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...options.migrations }) },
  });
  const known = await migrator.getMigrations();
  const done = known.filter((migration) => migration.executedAt !== undefined);
  await refuseNewerStore(db, options);
  if (done.length > 0 && done.length < known.length)
    await copyBeforeMigration(db, options.file, done.at(-1)?.name ?? "");
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function refuseNewerStore<Schema>(db: Kysely<Schema>, options: OpenStoreOptions): Promise<void> {
  const { rows: tables } = await sql`select 1 from sqlite_master where name = 'kysely_migration'`.execute(db);
  if (tables.length === 0) return;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  if (rows.some((row) => !Object.hasOwn(options.migrations, row.name))) {
    throw new AppError("store-too-new", { path: options.file });
  }
}

async function copyBeforeMigration<Schema>(
  db: Kysely<Schema>,
  file: string,
  lastName: string,
): Promise<void> {
  if (file === ":memory:") return;
  await sql`pragma wal_checkpoint(truncate)`.execute(db);
  const copy = `${file}.before-migration-after-${lastName}`;
  if (existsSync(copy)) return;
  // By another name first: a copy that a kill cut short must not pass for a whole one.
  copyFileSync(file, `${copy}.tmp`);
  renameSync(`${copy}.tmp`, copy);
}
