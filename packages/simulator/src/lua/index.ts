export * from "./types.js";
export { createLuaVm } from "./lua-vm.js";
