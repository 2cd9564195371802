/** How values lie in the slots of the WebAssembly module; keep in step with lua-vm/glue/glue.h. */
export const slotTypes = {
  nil: 0,
  false: 1,
  true: 2,
  number: 3,
  ascii: 4,
  utf8: 5,
  bytes: 6,
  table: 7,
  function: 8,
  object: 9,
} as const;

/** A slot: type (int32), length (int32), then a double, a pointer or an id. */
export const slotSizeBytes = 16;

/** Members of an object's class; keep in step with lua-vm/glue/objects.c. */
export const objectOperations = { get: 0, set: 1, length: 2, pairs: 3, call: 4, text: 5 } as const;

/** Bits of `define_class`. */
export const classMembers = { length: 1, pairs: 2, call: 4 } as const;

/** Status that the error trampoline reports when the engine's own stack ended; see lua-vm/glue/host.h. */
export const hostStackOverflow = 100;

/** Kinds of `host.collected`. */
export const collectedKinds = { function: 0, object: 1 } as const;
