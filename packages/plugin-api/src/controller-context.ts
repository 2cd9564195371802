import type { AnyRequest, AnyStream, ParamsOf, PayloadOf, ResultOf } from "@switchyard/protocol";
import type { LiveSettings, PluginLogger, PluginStorage } from "./shared.js";

/** What a plugin can do in the controller. */
export interface ControllerContext<Settings> {
  readonly clusterName: string;
  readonly settings: LiveSettings<Settings>;
  readonly log: PluginLogger;
  readonly storage: PluginStorage;
  /** Answers a request that the manifest lists with `to: "controller"`. Throw AppError to refuse. */
  handle<M extends AnyRequest>(
    message: M,
    handler: (params: ParamsOf<M>, asker: { user: string | undefined }) => Promise<ResultOf<M>> | ResultOf<M>,
  ): void;
  /** Adds an entry with the source `controller`; in the store when it resolves. */
  publish<S extends AnyStream>(stream: S, payload: PayloadOf<S>): Promise<void>;
}
