import { definePlugin } from "@switchyard/plugin-api";
import { ChatLines, Said, Say, Show } from "./messages.js";
import { ChatSettings } from "./settings.js";

export const plugin = definePlugin({
  name: "global-chat",
  version: "0.1.0",
  title: "Global chat",
  settings: ChatSettings,
  messages: [Say],
  channels: [Said, Show],
  streams: [ChatLines],
  lua: new URL("./lua/", import.meta.url),
  controller: async () => (await import("./controller.js")).relaySayings,
  instance: async () => (await import("./instance.js")).relayChat,
});
