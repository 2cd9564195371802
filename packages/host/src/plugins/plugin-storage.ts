import type { PluginStorage } from "@switchyard/plugin-api";
import type { HostStore } from "../host-store.js";

/** Values of one plugin for one instance in the host's store. */
export function createPluginStorage(store: HostStore, instanceId: string, plugin: string): PluginStorage {
  return {
    async get(key) {
      const row = await store.db
        .selectFrom("pluginStorage")
        .select("value")
        .where("instanceId", "=", instanceId)
        .where("plugin", "=", plugin)
        .where("key", "=", key)
        .executeTakeFirst();
      return row && (JSON.parse(row.value) as unknown);
    },
    async set(key, value) {
      if (value === undefined) {
        await store.db
          .deleteFrom("pluginStorage")
          .where("instanceId", "=", instanceId)
          .where("plugin", "=", plugin)
          .where("key", "=", key)
          .execute();
        return;
      }
      const text = JSON.stringify(value);
      await store.db
        .insertInto("pluginStorage")
        .values({ instanceId, plugin, key, value: text })
        .onConflict((conflict) =>
          conflict.columns(["instanceId", "plugin", "key"]).doUpdateSet({ value: text }),
        )
        .execute();
    },
  };
}
