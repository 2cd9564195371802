import { AppError, type AnyRequest, type AnyStream } from "@switchyard/protocol";
import type { Dispatcher } from "@switchyard/link";
import { createId, errorFields, type Logger } from "@switchyard/node-kit";
import type {
  Closeable,
  ControllerContext,
  LiveSettings,
  PluginManifest,
  PluginStorage,
} from "@switchyard/plugin-api";
import type { Askers } from "../link/askers.js";
import type { Plugins } from "../state/plugins.js";
import type { Streams } from "../state/streams.js";
import type { ControllerStore } from "../store/controller-store.js";

export interface ControllerSidesOptions {
  manifests: readonly PluginManifest[];
  plugins: Plugins;
  streams: Streams;
  store: ControllerStore;
  dispatcher: Dispatcher;
  askers: Askers;
  clusterName: string;
  log: Logger;
}

interface Side {
  name: string;
  ends: (() => void)[];
  closeable: Closeable | undefined;
}

const START_TIMEOUT_MS = 30_000;
const MAX_STORED_CHARACTERS = 1_000_000;

/** Runs the controller sides of plugins, each apart: one that throws is reported and disabled, the others go on. */
export class ControllerSides {
  private readonly sides: Side[] = [];

  constructor(private readonly options: ControllerSidesOptions) {}

  async start(): Promise<void> {
    for (const manifest of this.options.manifests) if (manifest.controller) await this.startOne(manifest);
  }

  async close(): Promise<void> {
    for (const side of this.sides.splice(0).reverse()) {
      for (const end of side.ends) end();
      try {
        await side.closeable?.close();
      } catch (error) {
        this.options.log.error(`Plugin ${side.name} failed to end`, errorFields(error));
      }
    }
  }

  private async startOne(manifest: PluginManifest): Promise<void> {
    const side: Side = { name: manifest.name, ends: [], closeable: undefined };
    try {
      const begin = async () => {
        const run = await manifest.controller?.();
        return (await run?.(this.contextFor(manifest, side))) ?? undefined;
      };
      side.closeable = await within(START_TIMEOUT_MS, begin());
      this.sides.push(side);
    } catch (error) {
      for (const end of side.ends) end();
      const { plugins, log } = this.options;
      log.error(`Plugin ${manifest.name} failed to start and is disabled`, errorFields(error));
      plugins.disable(manifest.name);
    }
  }

  private contextFor(manifest: PluginManifest, side: Side): ControllerContext<Record<string, unknown>> {
    const { clusterName, dispatcher, askers, streams, store, log } = this.options;
    const { name } = manifest;
    const epoch = createId();
    let position = 0;
    return {
      clusterName,
      log: log.child({ plugin: name }),
      settings: this.liveSettings(name, side),
      storage: createPluginStorage(store, name),
      handle: (message, handler) => {
        requireDeclared(manifest, message);
        const remove = dispatcher.handle(message, (params, context) =>
          handler(params, { user: isControl(context.source) ? askers.user(context).name : undefined }),
        );
        side.ends.push(remove);
      },
      publish: async (stream: AnyStream, payload) => {
        position += 1;
        await streams.publish({
          stream: stream.name,
          source: "controller",
          epoch: `${name}-${epoch}`,
          positions: [position],
          payloads: [payload],
        });
      },
    };
  }

  private liveSettings(name: string, side: Side): LiveSettings<Record<string, unknown>> {
    const { plugins, log } = this.options;
    return {
      get current() {
        return plugins.settingsOf(name);
      },
      onChange: (listener) => {
        const stop = plugins.onChange(({ plugin, settings }) => {
          if (plugin !== name) return;
          try {
            listener(settings);
          } catch (error) {
            log.error(`Plugin ${name} failed to take over its settings`, errorFields(error));
          }
        });
        side.ends.push(stop);
      },
    };
  }
}

function isControl(source: string): boolean {
  return source.startsWith("control/");
}

function requireDeclared(manifest: PluginManifest, message: AnyRequest): void {
  if (message.to === "controller" && manifest.messages?.includes(message)) return;
  throw new TypeError(`${message.name} is not a message of plugin ${manifest.name} to the controller`);
}

function createPluginStorage(store: ControllerStore, plugin: string): PluginStorage {
  return {
    async get(key) {
      const row = await store.db
        .selectFrom("plugin_storage")
        .select("value")
        .where("plugin", "=", plugin)
        .where("key", "=", key)
        .executeTakeFirst();
      return row === undefined ? undefined : (JSON.parse(row.value) as unknown);
    },
    async set(key, value) {
      const text = value === undefined ? undefined : JSON.stringify(value);
      if (text !== undefined && text.length > MAX_STORED_CHARACTERS) {
        throw new AppError("payload-too-large", { limit: MAX_STORED_CHARACTERS });
      }
      await store.write(async (write) => {
        if (text === undefined) {
          await write
            .deleteFrom("plugin_storage")
            .where("plugin", "=", plugin)
            .where("key", "=", key)
            .execute();
          return;
        }
        await write
          .insertInto("plugin_storage")
          .values({ plugin, key, value: text })
          .onConflict((conflict) => conflict.columns(["plugin", "key"]).doUpdateSet({ value: text }))
          .execute();
      });
    },
  };
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
