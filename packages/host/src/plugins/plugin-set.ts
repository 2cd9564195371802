import { fileURLToPath } from "node:url";
import { Value } from "typebox/value";
import type { PluginSettings } from "@switchyard/protocol";
import type { PluginManifest } from "@switchyard/plugin-api";
import type { Logger } from "@switchyard/node-kit";
import type { HostStore } from "../host-store.js";

export interface HostedPlugin {
  readonly manifest: PluginManifest;
  readonly isEnabled: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The plugins of this host with their settings, which the controller owns and the host keeps a copy of. */
export class PluginSet {
  readonly #plugins = new Map<string, HostedPlugin>();
  readonly #listeners = new Set<(plugin: HostedPlugin) => void>();
  readonly #missing = new Set<string>();

  constructor(
    manifests: readonly PluginManifest[],
    private readonly store: HostStore,
    private readonly log: Logger,
  ) {
    for (const manifest of manifests) {
      this.#plugins.set(manifest.name, { manifest, isEnabled: true, settings: withDefaults(manifest, {}) });
    }
  }

  /** Takes the settings that the controller sent last in an earlier run. */
  async load(): Promise<void> {
    const rows = await this.store.db.selectFrom("pluginSettings").select("value").execute();
    for (const row of rows) this.#take(JSON.parse(row.value) as PluginSettings);
  }

  enabled(): HostedPlugin[] {
    return [...this.#plugins.values()].filter((plugin) => plugin.isEnabled);
  }

  get(name: string): HostedPlugin | undefined {
    return this.#plugins.get(name);
  }

  /** The Lua modules of enabled plugins; they go into the save when an instance is prepared. */
  luaDirectories(): string[] {
    return this.enabled().flatMap(({ manifest }) => (manifest.lua ? [fileURLToPath(manifest.lua)] : []));
  }

  async apply(settings: PluginSettings): Promise<void> {
    const value = JSON.stringify(settings);
    await this.store.db
      .insertInto("pluginSettings")
      .values({ plugin: settings.plugin, value })
      .onConflict((conflict) => conflict.column("plugin").doUpdateSet({ value }))
      .execute();
    this.#take(settings);
    const plugin = this.#plugins.get(settings.plugin);
    if (plugin) for (const listener of this.#listeners) listener(plugin);
  }

  /** After each change of a plugin's settings. Returns what ends it. */
  onChange(listener: (plugin: HostedPlugin) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take(settings: PluginSettings): void {
    const plugin = this.#plugins.get(settings.plugin);
    if (!plugin) {
      if (!this.#missing.has(settings.plugin)) {
        this.#missing.add(settings.plugin);
        this.log.warn(
          `The cluster has the plugin ${settings.plugin}, this host does not; its instances run without it`,
        );
      }
      return;
    }
    const { manifest } = plugin;
    this.#plugins.set(manifest.name, {
      manifest,
      isEnabled: settings.enabled,
      settings: withDefaults(manifest, settings.settings),
    });
  }
}

/** A controller with another version of the plugin may not know every field. */
function withDefaults(manifest: PluginManifest, settings: Record<string, unknown>): Record<string, unknown> {
  return Value.Default(manifest.settings, { ...settings }) as Record<string, unknown>;
}
