import type { ServerEvent } from "./server-event.js";
import type { ServerLine } from "./server-line.js";

export function interpretLine(_line: ServerLine): ServerEvent | undefined {
  throw new Error("not built yet");
}
