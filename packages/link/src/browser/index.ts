export { BrowserLinkClient, type BrowserLinkClientOptions } from "./browser-link-client.js";
export type { BrowserGlobals } from "./open-browser-socket.js";
export type { BrowserSocket } from "./browser-transport.js";
