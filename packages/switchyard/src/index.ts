export { runSwitchyard } from "./command-line.js";
export type { ReadyReport } from "./up/ready.js";
