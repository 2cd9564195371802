export { LinkClient, type LinkClientOptions } from "./link-client.js";
export { LinkServer, type LinkServerOptions } from "./link-server.js";
