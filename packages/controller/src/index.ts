export type { Administration } from "./administration.js";
export { bootstrap } from "./bootstrap.js";
export { defineControllerConfig, type ControllerConfig } from "./config.js";
export { startController, type RunningController, type StartControllerOptions } from "./controller.js";
