/** The numbers behind Lua's `defines` that the server itself uses. */
export interface Defines {
  /** Value of `defines.disconnect_reason[name]`. */
  disconnectReason(name: string): number;
}

const DISCONNECT_REASONS = [
  "quit",
  "dropped",
  "reconnect",
  "wrong_input",
  "desync_limit_reached",
  "cannot_keep_up",
  "afk",
  "kicked",
  "kicked_and_deleted",
  "banned",
  "switching_servers",
];

export const DEFINES: Defines = {
  disconnectReason: (name) => Math.max(0, DISCONNECT_REASONS.indexOf(name)),
};

/** All of `defines.disconnect_reason`. */
export function disconnectReasons(): [string, number][] {
  return DISCONNECT_REASONS.map((name, value) => [name, value]);
}
