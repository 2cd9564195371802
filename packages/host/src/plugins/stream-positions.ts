import type { HostStore } from "../host-store.js";

/** How far each instance has got in each stream. */
export class StreamPositions {
  constructor(private readonly store: HostStore) {}

  async get(instanceId: string, stream: string): Promise<number | undefined> {
    const row = await this.store.db
      .selectFrom("streamPositions")
      .select("position")
      .where("instanceId", "=", instanceId)
      .where("stream", "=", stream)
      .executeTakeFirst();
    return row?.position;
  }

  async set(instanceId: string, stream: string, position: number): Promise<void> {
    await this.store.db
      .insertInto("streamPositions")
      .values({ instanceId, stream, position })
      .onConflict((conflict) => conflict.columns(["instanceId", "stream"]).doUpdateSet({ position }))
      .execute();
  }
}
