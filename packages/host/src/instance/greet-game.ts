import { luaCall } from "@switchyard/factorio";
import { AppError } from "@switchyard/protocol";
import type { ServerProcess } from "./game.js";

const GREETING = "switchyard";
/** How the game answers a command whose Lua failed. */
const LUA_ERROR = /^Cannot execute command\. Error: (.*)$/s;

/**
 * Makes sure that script commands run. The first one ever in a save only prints a warning about achievements
 * and does nothing, so a harmless one is sent until it is obeyed.
 */
export async function enableScriptCommands(rcon: ServerProcess["rcon"], instance: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const reply = await rcon.send(`/sc rcon.print("${GREETING}")`, { lane: "urgent" });
    if (reply === `${GREETING}\n`) return;
  }
  throw new AppError("instance-start-failed", {
    instance,
    reason: "the server does not run script commands from RCON",
  });
}

/** Tells the save's core module where it runs. `startId` is another one for each start of the server. */
export async function tellInstance(
  rcon: ServerProcess["rcon"],
  instance: { id: string; name: string; startId: string },
): Promise<void> {
  const reply = await rcon.send(
    luaCall("switchyard_core.set_instance", [instance.id, instance.name, instance.startId]),
    { lane: "urgent" },
  );
  refuseLuaError(reply, instance.name);
}

/** Throws `rcon-refused` with what Lua said, when the reply to a call without a result is not empty. */
export function refuseLuaError(reply: string, instance: string): void {
  const text = reply.trim();
  if (text === "") return;
  throw new AppError("rcon-refused", { instance, reason: LUA_ERROR.exec(text)?.[1] ?? text });
}

/** Who the game counts as online now. */
export async function onlinePlayers(rcon: ServerProcess["rcon"]): Promise<string[]> {
  const reply = await rcon.send("/players online", { lane: "urgent" });
  return reply
    .split("\n")
    .slice(1)
    .map((line) => /^ {2}(.+) \(online\)$/.exec(line)?.[1] ?? "")
    .filter((name) => name !== "");
}
