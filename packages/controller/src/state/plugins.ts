import { Value } from "typebox/value";
import { AppError, type AnyMessage, type PluginSettings, type SchemaCompiler } from "@switchyard/protocol";
import type { PluginManifest } from "@switchyard/plugin-api";
import type { Logger } from "@switchyard/node-kit";
import { audit, type Actor } from "./audit.js";
import type { ControllerStore } from "../store/controller-store.js";

export interface PluginsOptions {
  manifests: readonly PluginManifest[];
  store: ControllerStore;
  compiler: SchemaCompiler;
  log: Logger;
}

type Settings = Record<string, unknown>;

interface PluginState {
  manifest: PluginManifest;
  enabled: boolean;
  settings: Settings;
}

/** The cluster's plugins and their settings: what was set, and the manifest's defaults for the rest. */
export class Plugins {
  private readonly plugins = new Map<string, PluginState>();
  private readonly listeners = new Set<(plugin: PluginSettings) => void>();

  constructor(private readonly options: PluginsOptions) {}

  /** Stored settings that the manifest of today refuses are left out, and said so in the log. */
  async load(): Promise<void> {
    const rows = await this.options.store.db.selectFrom("plugin_settings").selectAll().execute();
    for (const manifest of this.options.manifests) {
      const stored: Settings = {};
      for (const row of rows.filter(({ plugin }) => plugin === manifest.name)) {
        const value = JSON.parse(row.value) as unknown;
        const fault = this.faultOf(manifest, row.name, value);
        if (fault === undefined) stored[row.name] = value;
        else
          this.options.log.warn(
            `The setting ${row.name} of plugin ${manifest.name} is not valid any more: ${fault}`,
          );
      }
      const settings = Value.Default(manifest.settings, stored) as Settings;
      this.plugins.set(manifest.name, { manifest, enabled: true, settings });
    }
  }

  list(): PluginSettings[] {
    return [...this.plugins.values()].map(toShown);
  }

  messages(): AnyMessage[] {
    return this.options.manifests.flatMap(({ messages }) => messages ?? []);
  }

  settingsOf(name: string): Settings {
    return this.require(name).settings;
  }

  /** Called after each change of any plugin. */
  onChange(listener: (plugin: PluginSettings) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Rejects `plugin-not-found`, `config-invalid`. */
  async set(name: string, setting: string, value: unknown, actor: Actor): Promise<PluginSettings> {
    const plugin = this.require(name);
    const fault = this.faultOf(plugin.manifest, setting, value);
    if (fault !== undefined)
      throw new AppError("config-invalid", { field: `${name}.${setting}`, reason: fault });
    await this.options.store.write(
      async (write) => {
        const text = JSON.stringify(value);
        await write
          .insertInto("plugin_settings")
          .values({ plugin: name, name: setting, value: text })
          .onConflict((conflict) => conflict.columns(["plugin", "name"]).doUpdateSet({ value: text }))
          .execute();
        await audit(write, actor, {
          action: "plugin.set",
          target: `plugin/${name}`,
          before: { [setting]: plugin.settings[setting] },
          after: { [setting]: value },
          outcome: "done",
        });
      },
      () => {
        plugin.settings = { ...plugin.settings, [setting]: value };
        this.announce(plugin);
      },
    );
    return toShown(plugin);
  }

  /** For as long as this controller runs. */
  disable(name: string): void {
    const plugin = this.require(name);
    plugin.enabled = false;
    this.announce(plugin);
  }

  private faultOf({ settings }: PluginManifest, setting: string, value: unknown): string | undefined {
    const schema = Object.hasOwn(settings.properties, setting) ? settings.properties[setting] : undefined;
    if (!schema) return `there is no such setting; there is: ${Object.keys(settings.properties).join(", ")}`;
    if (value === undefined) return "there is no value";
    return this.options.compiler(schema)(value)?.replace(/^\/ /, "it ");
  }

  private require(name: string): PluginState {
    const plugin = this.plugins.get(name);
    if (!plugin) throw new AppError("plugin-not-found", { plugin: name });
    return plugin;
  }

  private announce(plugin: PluginState): void {
    for (const listener of this.listeners) listener(toShown(plugin));
  }
}

function toShown({ manifest, enabled, settings }: PluginState): PluginSettings {
  return { plugin: manifest.name, version: manifest.version, enabled, settings };
}
