import type { SaveInfo } from "./save-info.js";

export function inspectSave(_path: string): Promise<SaveInfo> {
  throw new Error("not built yet");
}
