import type { Delivery, IpcMessage, ServerEvent } from "@switchyard/factorio";
import { LogLimiter } from "@switchyard/link";
import type { AnyChannel } from "@switchyard/protocol";
import type { Logger } from "@switchyard/node-kit";
import type { RunSides, SidesOptions } from "../instance/instance-services.js";
import { GameInbox } from "./game-inbox.js";
import type { HostedPlugin, PluginSet } from "./plugin-set.js";
import { PluginSide, type PluginSideServices } from "./plugin-side.js";

const SAME_FAULT_EVERY_MS = 60_000;

type FromGame = ({ event: ServerEvent } | { message: IpcMessage }) & { delivery: Delivery | undefined };

/** All plugin sides of one run of an instance. */
export class InstancePlugins implements RunSides {
  readonly #sides = new Map<string, PluginSide>();
  readonly #channels = new Map<string, AnyChannel>();
  readonly #inbox: GameInbox<FromGame>;
  readonly #faults = new LogLimiter(SAME_FAULT_EVERY_MS, () => performance.now());
  readonly #log: Logger;
  readonly #stops: (() => void)[];

  constructor(
    plugins: PluginSet,
    { instance, server }: SidesOptions,
    private readonly services: PluginSideServices,
  ) {
    this.#log = services.log.child({ instance: instance.id });
    for (const plugin of plugins.enabled()) {
      this.#sides.set(plugin.manifest.name, new PluginSide({ plugin, instance, server, services }));
      for (const channel of plugin.manifest.channels ?? []) {
        if (channel.direction === "from-game") this.#channels.set(channel.name, channel);
      }
    }
    this.#inbox = new GameInbox<FromGame>(
      (item) => this.#handle(item),
      () => this.#fault("overflow", "The game says more than its plugins take; some of it is lost"),
    );
    this.#stops = [
      plugins.onChange((plugin) => this.#settingsChanged(plugin)),
      server.on("event", (event) => this.#add(server, { event, delivery: server.delivery })),
      server.on("ipc", (message) => this.#add(server, { message, delivery: server.delivery })),
      server.on("deadLetter", ({ line, reason }) =>
        this.#fault(`dead-letter ${reason}`, "A message of the game is not valid", {
          reason,
          line: line.slice(0, 200),
        }),
      ),
    ];
  }

  async begin(): Promise<void> {
    await Promise.all([...this.#sides.values()].map((side) => side.start()));
    this.#inbox.open();
  }

  windDown(): void {
    for (const side of this.#sides.values()) side.windDown();
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#inbox.discard();
    await this.#inbox.drained();
    await Promise.all([...this.#sides.values()].map((side) => side.close()));
  }

  /** A server in game with a journal can be kept waiting: its state needs no more lines, and the journal holds what comes. */
  #add(server: SidesOptions["server"], item: FromGame): Promise<void> {
    const { delivery } = item;
    const mayWait = delivery !== undefined && server.state === "running";
    return this.#inbox.add(item, { hold: delivery && (() => delivery.hold()), mayWait });
  }

  async #handle(item: FromGame): Promise<void> {
    const { delivery } = item;
    if ("event" in item) {
      for (const side of this.#sides.values())
        if (side.listensToEvents()) await side.handleEvent(item.event, delivery);
      return;
    }
    const { channel: name, payload } = item.message;
    const channel = this.#channels.get(name);
    if (!channel) {
      this.#fault(`unknown ${name}`, "The game sent a message on a channel that no plugin declares", {
        channel: name,
      });
      return;
    }
    const fault = this.services.compiler(channel.payload)(payload);
    if (fault !== undefined) {
      this.#fault(`invalid ${name}`, "A message of the game is not as its channel declares", {
        channel: name,
        reason: fault,
      });
      return;
    }
    for (const side of this.#sides.values())
      if (side.listensTo(name)) await side.handleGameMessage(name, payload, delivery);
  }

  /** A plugin that is switched on begins with the next start, since its Lua has to go into the save first. */
  #settingsChanged(plugin: HostedPlugin): void {
    const side = this.#sides.get(plugin.manifest.name);
    if (plugin.isEnabled) side?.applySettings(plugin.settings);
    else void side?.close();
  }

  #fault(key: string, text: string, fields: Record<string, unknown> = {}): void {
    if (this.#faults.allows(key)) this.#log.warn(text, fields);
  }
}
