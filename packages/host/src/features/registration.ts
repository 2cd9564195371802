import type { Dispatcher } from "@switchyard/link";
import { CONTROLLER, RegisterHost, type HostReport } from "@switchyard/protocol";
import type { InstanceSet } from "../instance/instance-set.js";
import type { PluginSet } from "../plugins/plugin-set.js";

export interface RegistrationOptions {
  report(): Promise<HostReport>;
  instances: InstanceSet;
  plugins: PluginSet;
}

/** Says what this host is and runs, and takes what it should run. */
export async function registerHost(dispatcher: Dispatcher, options: RegistrationOptions): Promise<void> {
  const report = await options.report();
  const answer = await dispatcher.request(
    RegisterHost,
    // Read at the last moment: changes after this are sent as events, in order behind it.
    { report, instances: options.instances.statuses() },
    { to: CONTROLLER },
  );
  for (const settings of answer.plugins) await options.plugins.apply(settings);
  await options.instances.reconcile(answer.instances);
}
