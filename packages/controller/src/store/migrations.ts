import { sql, type Kysely, type Migration } from "kysely";

/** Each runs once, in the order of the names, in a transaction. Released ones are never changed. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-first-shape": {
    async up(db: Kysely<unknown>) {
      await createPeople(db);
      await createCluster(db);
      await createStreams(db);
      await createRest(db);
    },
  },
  "0002-blob-use": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable("blobs")
        .addColumn("used_at_ms", "bigint", (column) => column.notNull().defaultTo(0))
        .execute();
      await sql`update blobs set used_at_ms = created_at_ms`.execute(db);
    },
  },
};

async function createPeople(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("counters")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("value", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("users")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("name_key", "text", (column) => column.notNull().unique())
    .addColumn("permissions", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("tokens")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("subject_id", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("parent_hash", "text")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint")
    .addColumn("last_used_at_ms", "bigint")
    .addColumn("revoked_at_ms", "bigint")
    .execute();
  await db.schema.createIndex("tokens_parent").on("tokens").column("parent_hash").execute();
}

async function createCluster(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("hosts")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("name_key", "text", (column) => column.notNull().unique())
    .addColumn("report", "text")
    .addColumn("connected", "integer", (column) => column.notNull())
    .addColumn("last_seen_at_ms", "bigint", (column) => column.notNull())
    .addColumn("revision", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("instances")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name_key", "text", (column) => column.notNull().unique())
    .addColumn("host_id", "text", (column) => column.notNull().references("hosts.id"))
    .addColumn("spec", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("revision", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("tombstones")
    .addColumn("collection", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("revision", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("tombstones_key", ["collection", "revision"])
    .execute();
}

async function createStreams(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("streams")
    .addColumn("stream", "text", (column) => column.notNull())
    .addColumn("number", "bigint", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("streams_key", ["stream", "number"])
    .execute();
  await db.schema
    .createTable("stream_positions")
    .addColumn("stream", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("epoch", "text", (column) => column.notNull())
    .addColumn("position", "bigint", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("stream_positions_key", ["stream", "source", "epoch"])
    .execute();
}

async function createRest(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("plugin_settings")
    .addColumn("plugin", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("value", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("plugin_settings_key", ["plugin", "name"])
    .execute();
  await db.schema
    .createTable("plugin_storage")
    .addColumn("plugin", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("value", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("plugin_storage_key", ["plugin", "key"])
    .execute();
  await db.schema
    .createTable("blobs")
    .addColumn("sha256", "text", (column) => column.primaryKey())
    .addColumn("size_bytes", "bigint", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("audit")
    .addColumn("number", "bigint", (column) => column.primaryKey())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addColumn("actor", "text", (column) => column.notNull())
    .addColumn("origin", "text", (column) => column.notNull())
    .addColumn("action", "text", (column) => column.notNull())
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("before", "text")
    .addColumn("after", "text")
    .addColumn("outcome", "text", (column) => column.notNull())
    .execute();
}
