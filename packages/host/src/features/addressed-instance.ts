import { AppError, parseAddress, type AddressText } from "@switchyard/protocol";
import type { InstanceRuntime } from "../instance/instance-runtime.js";
import type { InstanceSet } from "../instance/instance-set.js";

/** The instance that a message is for; throws `instance-not-found`. */
export function addressedInstance(instances: InstanceSet, destination: AddressText): InstanceRuntime {
  const address = parseAddress(destination);
  if (address?.kind !== "instance") throw new AppError("instance-not-found", { instance: destination });
  return instances.get(address.id);
}
