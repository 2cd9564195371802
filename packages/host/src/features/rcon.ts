import type { Dispatcher } from "@switchyard/link";
import { SendRcon } from "@switchyard/protocol";
import type { InstanceSet } from "../instance/instance-set.js";
import { addressedInstance } from "./addressed-instance.js";

export function serveRcon(dispatcher: Dispatcher, instances: InstanceSet): void {
  dispatcher.handle(SendRcon, async ({ command }, { destination }) => ({
    reply: await addressedInstance(instances, destination).sendRcon(command),
  }));
}
