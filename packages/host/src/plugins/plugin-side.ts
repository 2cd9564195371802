import type { Delivery, ServerEvent } from "@switchyard/factorio";
import { AppError, instanceAddress, type AnyStream, type SchemaCompiler } from "@switchyard/protocol";
import type { Closeable, FromGame, InstanceContext } from "@switchyard/plugin-api";
import { errorFields, type Logger } from "@switchyard/node-kit";
import type { ControllerLink } from "../controller-link.js";
import type { HostStore } from "../host-store.js";
import type { ServerProcess } from "../instance/game.js";
import { atMost } from "../pauses.js";
import { GameSender } from "./game-sender.js";
import { createPluginStorage } from "./plugin-storage.js";
import type { HostedPlugin } from "./plugin-set.js";
import { LineEntries } from "./line-entries.js";
import { consumeStream } from "./stream-consumer.js";
import type { StreamPositions } from "./stream-positions.js";
import type { StreamPublisher } from "./stream-publisher.js";
import type { StreamPublishers } from "./stream-publishers.js";

const LONGEST_START_MS = 30_000;
const LONGEST_LISTENER_MS = 60_000;
const LONGEST_CLOSE_MS = 10_000;

export interface PluginSideServices {
  link: ControllerLink;
  store: HostStore;
  positions: StreamPositions;
  publishers: StreamPublishers;
  compiler: SchemaCompiler;
  log: Logger;
}

export interface PluginSideOptions {
  plugin: HostedPlugin;
  instance: { readonly id: string; readonly name: string };
  server: ServerProcess;
  services: PluginSideServices;
}

type Listener<Value> = (value: Value, from: FromGame) => void | Promise<void>;
type Declared = { readonly name: string };

/** One plugin for one run of one instance. What it throws ends this side and nothing else. */
export class PluginSide {
  readonly name: string;
  readonly #log: Logger;
  readonly #windingDown = new AbortController();
  readonly #ended = new AbortController();
  readonly #sender: GameSender;
  readonly #eventListeners: Listener<ServerEvent>[] = [];
  readonly #gameListeners = new Map<string, Listener<never>[]>();
  readonly #settingsListeners: ((settings: unknown) => void)[] = [];
  /** Of the line that a listener is called for. */
  #line: LineEntries | undefined;
  #waitingToPublish = 0;
  readonly #consumers = new Map<string, Promise<void>>();
  #settings: unknown;
  #closeable: Closeable | undefined;
  #closed: Promise<void> | undefined;

  constructor(private readonly options: PluginSideOptions) {
    const { plugin, instance, server, services } = options;
    this.name = plugin.manifest.name;
    this.#settings = plugin.settings;
    this.#log = services.log.child({ plugin: this.name, instance: instance.id });
    this.#sender = new GameSender({
      rcon: server.rcon,
      lane: `plugin:${this.name}`,
      instanceName: () => instance.name,
      signal: this.#ended.signal,
    });
  }

  /** Never rejects; a side that takes too long goes on starting while the instance runs. */
  async start(): Promise<void> {
    const load = this.options.plugin.manifest.instance;
    if (!load) return;
    const starting = this.#guard("starting", async () => {
      const side = await load();
      const closeable = await side(this.#context());
      if (closeable) this.#closeable = closeable;
      if (this.#ended.signal.aborted) await closeable?.close();
    }).then(() => true);
    if ((await atMost(LONGEST_START_MS, starting)) === undefined) {
      this.#log.warn(`The plugin has not started within ${LONGEST_START_MS} ms`);
    }
  }

  listensToEvents(): boolean {
    return this.#eventListeners.length > 0;
  }

  listensTo(channel: string): boolean {
    return this.#gameListeners.has(channel);
  }

  /** Resolves when the listeners are done; never rejects. */
  async handleEvent(event: ServerEvent, delivery: Delivery | undefined): Promise<void> {
    await this.#callAll("a server event", this.#eventListeners, event, delivery);
  }

  /** The payload was validated. Resolves when the listeners are done; never rejects. */
  async handleGameMessage(channel: string, payload: unknown, delivery: Delivery | undefined): Promise<void> {
    const listeners = this.#gameListeners.get(channel) ?? [];
    await this.#callAll(`a message on ${channel}`, listeners, payload as never, delivery);
  }

  async #callAll<Value>(
    what: string,
    listeners: readonly Listener<Value>[],
    value: Value,
    delivery: Delivery | undefined,
  ): Promise<void> {
    const from = { redelivered: delivery?.isRedelivered === true };
    this.#line = delivery && new LineEntries(delivery);
    for (const listener of listeners) await this.#call(what, () => listener(value, from));
    this.#line = undefined;
  }

  applySettings(settings: unknown): void {
    this.#settings = settings;
    for (const listener of this.#settingsListeners) {
      void this.#guard("changed settings", async () => listener(settings));
    }
  }

  /** Consumes no more; what the game still says is handled. */
  windDown(): void {
    this.#windingDown.abort(new AppError("cancelled"));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.windDown();
    this.#ended.abort();
    this.#eventListeners.length = 0;
    this.#gameListeners.clear();
    this.#settingsListeners.length = 0;
    const closing = this.#guard("closing", async () => {
      await this.#closeable?.close();
      await Promise.all(this.#consumers.values());
    }).then(() => true);
    if ((await atMost(LONGEST_CLOSE_MS, closing)) === undefined) {
      this.#log.warn(`The plugin has not closed within ${LONGEST_CLOSE_MS} ms; it is left to itself`);
    }
  }

  async #call(what: string, listener: () => void | Promise<void>): Promise<void> {
    const handling = this.#guard(what, async () => listener()).then(() => true);
    while ((await atMost(LONGEST_LISTENER_MS, handling)) === undefined) {
      if (this.#waitingToPublish > 0) continue; // the controller is away
      this.#fail(what, new Error(`It took longer than ${LONGEST_LISTENER_MS} ms`));
      return;
    }
  }

  /** Expected refusals are told; anything else ends the side. */
  async #guard(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof AppError && error.code !== "internal") {
        this.#log.warn(`Handling ${what} was refused`, errorFields(error));
      } else {
        this.#fail(what, error);
      }
    }
  }

  #fail(what: string, error: unknown): void {
    this.#log.error(`The plugin failed at ${what}; it is ended for this instance`, errorFields(error));
    if (!this.#ended.signal.aborted) void this.close();
  }

  #context(): InstanceContext<never> {
    const { instance, services } = this.options;
    const currentSettings = () => this.#settings as never;
    return {
      instance,
      log: this.#log,
      storage: createPluginStorage(services.store, instance.id, this.name),
      signal: this.#windingDown.signal,
      settings: {
        get current() {
          return currentSettings();
        },
        onChange: (listener) => void this.#settingsListeners.push(listener as (settings: unknown) => void),
      },
      onServerEvent: (listener) => void this.#eventListeners.push(listener),
      onGameMessage: (channel, listener) => {
        this.#mustDeclare("channel", this.options.plugin.manifest.channels, channel);
        if (channel.direction !== "from-game")
          throw new TypeError(`${channel.name} goes to the game, not from it`);
        this.#gameListeners.set(channel.name, [...(this.#gameListeners.get(channel.name) ?? []), listener]);
      },
      sendToGame: async (channel, payload) => {
        this.#mustDeclare("channel", this.options.plugin.manifest.channels, channel);
        if (channel.direction !== "to-game")
          throw new TypeError(`${channel.name} comes from the game, not to it`);
        const fault = services.compiler(channel.payload)(payload);
        if (fault !== undefined) throw new AppError("bad-request", { reason: `${channel.name}: ${fault}` });
        await this.#sender.send(channel.name, JSON.stringify(payload));
      },
      publish: (stream, payload) =>
        this.#publisher(stream, payload).publish(payload, this.#line?.next(stream.name)),
      publishOrWait: async (stream, payload) => {
        this.#waitingToPublish += 1;
        try {
          await this.#publisher(stream, payload).publishOrWait(payload, this.#line?.next(stream.name));
        } finally {
          this.#waitingToPublish -= 1;
        }
      },
      consume: (stream, handler) => this.#consume(stream, handler as (entry: unknown) => Promise<void>),
    };
  }

  #publisher(stream: AnyStream, payload: unknown): StreamPublisher {
    const { instance, services } = this.options;
    this.#mustDeclare("stream", this.options.plugin.manifest.streams, stream);
    const fault = services.compiler(stream.payload)(payload);
    if (fault !== undefined) throw new TypeError(`An entry for ${stream.name} is not as declared: ${fault}`);
    return services.publishers.get(instance.id, stream.name);
  }

  #consume(stream: AnyStream, handler: (entry: unknown) => Promise<void>): void {
    const { instance, services } = this.options;
    this.#mustDeclare("stream", this.options.plugin.manifest.streams, stream);
    if (this.#consumers.has(stream.name)) throw new TypeError(`${stream.name} is consumed already`);
    const consuming = consumeStream({
      stream: stream.name,
      from: instanceAddress(instance.id),
      link: services.link,
      log: this.#log,
      signal: this.#windingDown.signal,
      position: {
        get: () => services.positions.get(instance.id, stream.name),
        set: (position) => services.positions.set(instance.id, stream.name, position),
      },
      validate: services.compiler(stream.payload),
      handle: handler,
    });
    this.#consumers.set(
      stream.name,
      consuming.catch((error: unknown) =>
        this.#log.error(`Consuming ${stream.name} ended`, errorFields(error)),
      ),
    );
  }

  #mustDeclare(kind: string, declared: readonly Declared[] | undefined, wanted: Declared): void {
    if (declared?.some((each) => each.name === wanted.name)) return;
    throw new TypeError(`The ${kind} ${wanted.name} is not in the manifest of ${this.name}`);
  }
}
