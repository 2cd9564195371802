import type { Dispatcher } from "@switchyard/link";
import {
  AppError,
  ControlGone,
  controlAddress,
  FollowLog,
  GetLog,
  instanceAddress,
  LogLines,
  parseAddress,
  UnfollowLog,
  type AddressText,
} from "@switchyard/protocol";
import type { ControllerLink } from "../controller-link.js";
import type { InstanceRuntime } from "../instance/instance-runtime.js";
import type { InstanceSet } from "../instance/instance-set.js";
import { LogFollowers } from "../logs/log-followers.js";
import { addressedInstance } from "./addressed-instance.js";

const MAX_FOLLOWERS = 200;

/** Who follows which instance's log. A lost session ends all following: the controls ask again. */
export class LogFeature {
  readonly #followers = new Map<string, LogFollowers>();

  constructor(private readonly link: Pick<ControllerLink, "emit" | "writable">) {}

  add(runtime: InstanceRuntime): void {
    const { id } = runtime.identity;
    const from = instanceAddress(id);
    this.#followers.set(
      id,
      new LogFollowers(runtime.lines, {
        isWritable: () => this.link.writable,
        send: (to, batch) => this.link.emit(LogLines, batch, { to, from }),
      }),
    );
  }

  remove(instanceId: string): void {
    this.#followers.get(instanceId)?.clear();
    this.#followers.delete(instanceId);
  }

  /** Drops all followers, not the instances. */
  clear(): void {
    for (const followers of this.#followers.values()) followers.clear();
  }

  serve(dispatcher: Dispatcher, instances: InstanceSet): void {
    dispatcher.handle(GetLog, ({ tail }, { destination }) => ({
      lines: addressedInstance(instances, destination).lines.tail(tail),
    }));
    dispatcher.handle(FollowLog, ({ tail }, { destination, source }) => {
      const runtime = addressedInstance(instances, destination);
      this.#follow(runtime.identity.id, source);
      return { lines: runtime.lines.tail(tail) };
    });
    dispatcher.handle(UnfollowLog, (_params, { destination, source }) => {
      const { id } = addressedInstance(instances, destination).identity;
      this.#followers.get(id)?.unfollow(source);
      return {};
    });
    dispatcher.on(ControlGone, ({ controlId }) => {
      for (const followers of this.#followers.values()) followers.unfollow(controlAddress(controlId));
    });
  }

  #follow(instanceId: string, source: AddressText): void {
    // Lines go to controls only; the controller itself has no listener for them.
    if (parseAddress(source)?.kind !== "control")
      throw new AppError("source-refused", { peer: source, source });
    const followers = this.#followers.get(instanceId);
    if (followers && followers.size >= MAX_FOLLOWERS) {
      throw new AppError("queue-full", { what: "the log of this instance", count: followers.size });
    }
    followers?.follow(source);
  }
}
