export { SimulatorError, type SimulatorErrorCode } from "./errors.js";
export {
  installSimulator,
  type InstallSimulatorOptions,
  type SimulatorInstall,
} from "./install/install-simulator.js";
export { SimulatorControl } from "./control/simulator-control.js";
export type { PlayerStatus, ServerStatus } from "./control/control-protocol.js";
