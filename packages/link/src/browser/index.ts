export { BrowserLinkClient, type BrowserLinkClientOptions } from "./browser-link-client.js";
