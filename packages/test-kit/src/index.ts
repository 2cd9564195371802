export { FaultProxy } from "./fault-proxy.js";
export { freePort } from "./free-port.js";
export { Program, type ProgramExit, type ProgramOptions } from "./program.js";
export { SplitCluster, type SplitClusterOptions, type SplitHost } from "./split-cluster.js";
export { temporaryDirectory, UpCluster, type UpClusterOptions, type UpReady } from "./up-cluster.js";
