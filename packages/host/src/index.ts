export { HostConfig, readHostConfig, type ReadHostConfigOptions } from "./config.js";
export { startHost, type HostOptions, type RunningHost } from "./host.js";
export { realGame, type Game, type ServerProcess } from "./instance/game.js";
