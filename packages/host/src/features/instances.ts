import type { Dispatcher } from "@switchyard/link";
import { AssignInstance, EndInstance, RemoveInstance, RunInstance } from "@switchyard/protocol";
import type { SaveFeature } from "./saves.js";
import type { InstanceSet } from "../instance/instance-set.js";

/** Starting and stopping go on when the controller goes away meanwhile; it learns the outcome from the status. */
export function serveInstances(dispatcher: Dispatcher, instances: InstanceSet, saves: SaveFeature): void {
  dispatcher.handle(RunInstance, async ({ spec, save }) => {
    const runtime = await instances.assign(spec);
    if (save !== undefined) await saves.choose(runtime, save);
    return { status: await runtime.start() };
  });
  dispatcher.handle(EndInstance, async ({ instanceId }) => ({
    status: await instances.get(instanceId).stop(),
  }));
  dispatcher.handle(AssignInstance, async ({ spec }) => ({ status: (await instances.assign(spec)).status }));
  dispatcher.handle(RemoveInstance, async ({ instanceId }) => {
    await instances.remove(instanceId);
    return {};
  });
}
