import type { InstanceStatus } from "@switchyard/protocol";
import { createId } from "@switchyard/node-kit";

/** What the host keeps in a run's record for the agent that takes it over. */
export interface RunNote {
  startId: string;
  hasCore: boolean;
  facts: Partial<Pick<InstanceStatus, "factorioVersion" | "isSimulator" | "save">>;
}

/** A record that was lost and rebuilt has none. */
export function readRunNote(note: unknown): RunNote {
  const found = typeof note === "object" && note !== null ? (note as Partial<RunNote>) : {};
  return {
    startId: typeof found.startId === "string" ? found.startId : createId(),
    hasCore: found.hasCore !== false,
    facts: typeof found.facts === "object" ? found.facts : {},
  };
}
