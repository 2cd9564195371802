import { scriptCommandWord } from "@switchyard/factorio";
import type { Dispatcher } from "@switchyard/link";
import { AppError, SendRcon } from "@switchyard/protocol";
import type { InstanceSet } from "../instance/instance-set.js";
import { addressedInstance } from "./addressed-instance.js";

export interface ServeRconOptions {
  /** False: commands that run Lua or cheat are refused with `rcon-refused`. What the host itself sends is not asked. */
  enableScriptCommands: boolean;
}

/** Commands of people and programs; those of the host and of plugins go another way. */
export function serveRcon(dispatcher: Dispatcher, instances: InstanceSet, options: ServeRconOptions): void {
  dispatcher.handle(SendRcon, async ({ command }, { destination }) => {
    const instance = addressedInstance(instances, destination);
    const word = options.enableScriptCommands ? undefined : scriptCommandWord(command);
    if (word === undefined) return { reply: await instance.sendRcon(command) };
    const reason = `/${word} is a script command, which its host does not allow (setting enableScriptCommands)`;
    throw new AppError("rcon-refused", { instance: instance.identity.name, reason });
  });
}
