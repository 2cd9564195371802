/** The part of the WebAssembly API in use here. It is not in the type libraries of this package, which has no DOM. */
interface WebAssemblyApi {
  compile(code: Uint8Array): Promise<WasmModule>;
  Instance: new (module: WasmModule, imports: WasmImports) => { readonly exports: unknown };
  RuntimeError: new () => Error;
}

/** A compiled module; opaque. */
export interface WasmModule {
  readonly compiledWasm: never;
}

type WasmImports = Record<string, Record<string, (...args: number[]) => number | void>>;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export function compileWasm(code: Uint8Array): Promise<WasmModule> {
  return api().compile(code);
}

export function instantiateWasm(module: WasmModule, imports: WasmImports): unknown {
  const { Instance } = api();
  return new Instance(module, imports).exports;
}

/** A trap: the instance is in an unknown state. */
export function isWasmTrap(error: unknown): boolean {
  return error instanceof api().RuntimeError;
}

function api(): WebAssemblyApi {
  return (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
}
