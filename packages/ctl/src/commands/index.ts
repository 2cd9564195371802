import type { AddCommands } from "../command.js";

export interface Noun {
  name: string;
  summary: string;
  /** For suggestions when a word was mistyped; a test compares them with what is really there. */
  verbs: readonly string[];
  load: () => Promise<AddCommands>;
}

/** The nouns; their files are loaded when they are used. */
export const NOUNS: readonly Noun[] = [
  {
    name: "status",
    summary: "The cluster at a glance",
    verbs: [],
    load: async () => (await import("./status.js")).statusCommand,
  },
  {
    name: "instance",
    summary: "Factorio servers",
    verbs: ["list", "create", "start", "stop", "delete", "send-rcon", "log"],
    load: async () => (await import("./instance.js")).instanceCommands,
  },
  {
    name: "save",
    summary: "Saves of instances",
    verbs: ["list", "create", "upload", "download", "copy", "rename", "delete", "transfer"],
    load: async () => (await import("./saves.js")).saveCommands,
  },
  {
    name: "host",
    summary: "Machines that run instances",
    verbs: ["list", "create-token"],
    load: async () => (await import("./host.js")).hostCommands,
  },
  {
    name: "plugin",
    summary: "What is added to the game, and its settings",
    verbs: ["list", "set"],
    load: async () => (await import("./plugin.js")).pluginCommands,
  },
  {
    name: "user",
    summary: "Sign-in links and API tokens",
    verbs: ["create-sign-in-link", "create-token"],
    load: async () => (await import("./user.js")).userCommands,
  },
  {
    name: "context",
    summary: "The clusters this program knows",
    verbs: ["list", "add", "use", "remove"],
    load: async () => (await import("./context.js")).contextCommands,
  },
  {
    name: "debug",
    summary: "Tools for log and save files; they need no cluster",
    verbs: ["parse-log", "inspect-save", "patch-save"],
    load: async () => (await import("./debug.js")).debugCommands,
  },
];
