import { createLuaVm } from "./lua-vm.js";
import type { LuaValue, LuaVm, LuaVmOptions } from "./types.js";

export interface TestVm {
  vm: LuaVm;
  printed: string[];
  /** Runs a chunk named `__level__/control.lua`. */
  run(source: string, ...args: LuaValue[]): LuaValue[];
}

export async function startTestVm(options: Partial<LuaVmOptions> = {}): Promise<TestVm> {
  const printed: string[] = [];
  const vm = await createLuaVm({
    onPrint: (text) => printed.push(text),
    resolveModule: () => undefined,
    ...options,
  });
  const run = (source: string, ...args: LuaValue[]): LuaValue[] => {
    const chunk = vm.load(source, "__level__/control.lua");
    try {
      return chunk.call(...args);
    } finally {
      chunk.release();
    }
  };
  return { vm, printed, run };
}

/** The error that a call throws. */
export function thrownBy(body: () => unknown): Error {
  try {
    body();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
