import type { CommandSource } from "../console/command-source.js";

/** Values that events carry; objects of the API are named by their handles. */
export type EventValue = undefined | boolean | number | string | EventObject;

/** A reference to an API object inside event data. */
export interface EventObject {
  className: "LuaPlayer" | "LuaForce" | "LuaSurface";
  /** The handle that the class expects. */
  handle: object;
}

export type EventData = Readonly<Record<string, EventValue>>;

/**
 * The level's Lua as the rest of the server sees it. Methods that run handlers throw `ScriptCrash`, which is
 * fatal to the server.
 */
export interface ScriptHost {
  /** Raises an event of `defines.events`, for example `on_player_joined_game`. */
  raise(event: string, data: EventData): void;
  /** `on_tick` and the `on_nth_tick` handlers of the current tick. */
  tick(): void;
  /** Runs a console command's Lua. Gives the error text after `Cannot execute command. Error: `, if any. */
  runCode(code: string, source: CommandSource): string | undefined;
  customCommands(): readonly { name: string; help: string }[];
  /** False when no script added such a command. */
  runCustomCommand(name: string, parameter: string | undefined, source: CommandSource): boolean;
  serializeStorage(): Uint8Array | undefined;
  close(): void;
}
