import { openStore, type Store } from "@switchyard/node-kit";
import type { Migration } from "kysely";

/** The host's own small store. Everything that the controller also knows is here so that a host starts without it. */
export interface HostSchema {
  instances: {
    id: string;
    /** InstanceSpec as JSON. */
    spec: string;
    /** Name of its folder in `instances/`; stays when the instance is renamed. */
    directory: string;
    /** The port it got last; kept so that players find it again. */
    gamePort: number | null;
  };
  pluginSettings: { plugin: string; /** PluginSettings as JSON. */ value: string };
  streamPositions: { instanceId: string; stream: string; position: number };
  pluginStorage: { instanceId: string; plugin: string; key: string; /** JSON. */ value: string };
}

export type HostStore = Store<HostSchema>;

const firstMigration: Migration = {
  async up(db) {
    await db.schema
      .createTable("instances")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("spec", "text", (column) => column.notNull())
      .addColumn("directory", "text", (column) => column.notNull().unique())
      .addColumn("gamePort", "integer")
      .execute();
    await db.schema
      .createTable("pluginSettings")
      .addColumn("plugin", "text", (column) => column.primaryKey())
      .addColumn("value", "text", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("streamPositions")
      .addColumn("instanceId", "text", (column) => column.notNull())
      .addColumn("stream", "text", (column) => column.notNull())
      .addColumn("position", "integer", (column) => column.notNull())
      .addPrimaryKeyConstraint("streamPositionsKey", ["instanceId", "stream"])
      .execute();
    await db.schema
      .createTable("pluginStorage")
      .addColumn("instanceId", "text", (column) => column.notNull())
      .addColumn("plugin", "text", (column) => column.notNull())
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("value", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("pluginStorageKey", ["instanceId", "plugin", "key"])
      .execute();
  },
};

export function openHostStore(file: string): Promise<HostStore> {
  return openStore<HostSchema>({ file, migrations: { "0001-first": firstMigration } });
}
