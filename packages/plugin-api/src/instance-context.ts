import type { AnyChannel, AnyStream, PayloadOf } from "@switchyard/protocol";
import type { ServerEvent } from "@switchyard/factorio";
import type { LiveSettings, PluginLogger, PluginStorage } from "./shared.js";

/** An entry of a stream as a side gets it. */
export interface ConsumedEntry<Payload> {
  /** 1 and up within the stream; the same entry always has the same number. */
  readonly number: number;
  /** The id of the instance that published it, or `controller`. */
  readonly source: string;
  /** The source's name as the controller knows it; nobody can claim another's. The cluster's name for `controller`. */
  readonly sourceName: string;
  readonly atMs: number;
  readonly payload: Payload;
}

/** How something that a game said reached its listener. */
export interface FromGame {
  /**
   * The host agent was killed after the listener may have had this before. What the listener publishes again then is taken once; what
   * it does otherwise has to bear a repetition, or look at this.
   */
  readonly redelivered: boolean;
}

/** What a plugin can do for one run of an instance. Everything ends by itself when the server ends. */
export interface InstanceContext<Settings> {
  readonly instance: { readonly id: string; readonly name: string };
  readonly settings: LiveSettings<Settings>;
  readonly log: PluginLogger;
  readonly storage: PluginStorage;
  /** Aborted when the server stops or crashes. */
  readonly signal: AbortSignal;

  /** What the server's log says: chat, joins, saves... The next line waits for the listener. */
  onServerEvent(listener: (event: ServerEvent, from: FromGame) => void | Promise<void>): void;

  /** Messages of the game on a declared `from-game` channel, validated, in order; the next one waits for the listener. */
  onGameMessage<C extends AnyChannel>(
    channel: C,
    listener: (payload: PayloadOf<C>, from: FromGame) => void | Promise<void>,
  ): void;

  /**
   * Gives a message to the module's Lua handler of a declared `to-game` channel; messages of one plugin stay in order.
   * Resolves when the handler has run. Rejects with AppError `rcon-lost`, `rcon-refused` (the Lua error) or `queue-full`.
   */
  sendToGame<C extends AnyChannel>(channel: C, payload: PayloadOf<C>): Promise<void>;

  /**
   * Publishes to a stream, once and in order, whatever happens to the link or the controller meanwhile. What a listener of the game
   * publishes before it is done, also survives the host agent: the line is handed out again until the controller has the entry.
   * Waits in memory while the controller is away: false, and not taken, when 10,000 entries or 8 MiB wait already.
   */
  publish<S extends AnyStream>(stream: S, payload: PayloadOf<S>): boolean;

  /**
   * As `publish`, but waits for room. A listener that awaits it holds the game's next lines back, which wait in its journal, so that
   * nothing is lost however long the controller is away. Rejects with AppError `shutting-down`.
   */
  publishOrWait<S extends AnyStream>(stream: S, payload: PayloadOf<S>): Promise<void>;

  /**
   * Consumes a stream, in order, from where this instance had got to; the first time from now on.
   * The position is saved after the handler resolves, so a crash in between hands the same entry (same number) again.
   * A handler that throws is retried with a growing pause, up to 5 times; then the entry is reported in the log and passed over.
   */
  consume<S extends AnyStream>(
    stream: S,
    handler: (entry: ConsumedEntry<PayloadOf<S>>) => Promise<void>,
  ): void;
}
