import type { InstanceSpec } from "@switchyard/protocol";
import type { HostStore } from "../host-store.js";

export interface InstanceRecord {
  spec: InstanceSpec;
  directory: string;
  gamePort: number | null;
}

/** What the host's store keeps of instances. */
export class InstanceRecords {
  constructor(private readonly store: HostStore) {}

  async list(): Promise<InstanceRecord[]> {
    const rows = await this.store.db.selectFrom("instances").selectAll().orderBy("id").execute();
    return rows.map((row) => ({
      spec: JSON.parse(row.spec) as InstanceSpec,
      directory: row.directory,
      gamePort: row.gamePort,
    }));
  }

  async save(spec: InstanceSpec, directory: string): Promise<void> {
    await this.store.db
      .insertInto("instances")
      .values({
        id: spec.id,
        spec: JSON.stringify(spec),
        directory,
        gamePort: null,
      })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ spec: JSON.stringify(spec) }))
      .execute();
  }

  async remove(id: string): Promise<void> {
    await this.store.db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom("instances").where("id", "=", id).execute();
      await transaction.deleteFrom("streamPositions").where("instanceId", "=", id).execute();
      await transaction.deleteFrom("pluginStorage").where("instanceId", "=", id).execute();
    });
  }

  async stickyPorts(): Promise<Map<string, number>> {
    const rows = await this.store.db
      .selectFrom("instances")
      .select(["id", "gamePort"])
      .where("gamePort", "is not", null)
      .execute();
    return new Map(rows.map((row) => [row.id, row.gamePort ?? 0]));
  }

  async setGamePort(id: string, gamePort: number): Promise<void> {
    await this.store.db.updateTable("instances").set({ gamePort }).where("id", "=", id).execute();
  }
}
