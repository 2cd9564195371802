import type { Logger } from "@switchyard/node-kit";
import { errorFields } from "@switchyard/node-kit";
import { nextNumber, type ControllerStore, type Write } from "../store/controller-store.js";

/** Who did something, and from where. */
export interface Actor {
  /** `user/<name>`, `host/<id>`, `plugin/<name>` or `local` for the machine's own administrator. */
  name: string;
  /** The network address, or `local`. */
  origin: string;
}

export const LOCAL_ACTOR: Actor = { name: "local", origin: "local" };

export interface AuditEntry {
  action: string;
  target: string;
  before?: unknown;
  after?: unknown;
  /** `done`, or the code of the refusal. */
  outcome: string;
}

const KEPT_ENTRIES = 200_000;
const TRIM_EVERY = 1000;
/** Of each `before` and `after`; a larger value is replaced by its size. */
const MAX_VALUE_LENGTH = 64_000;

/** Notes a change in the transaction that makes it, so that neither is there without the other. */
export async function audit(write: Write, actor: Actor, entry: AuditEntry): Promise<void> {
  const number = await nextNumber(write, "audit");
  await write
    .insertInto("audit")
    .values({
      number,
      at_ms: Date.now(),
      actor: actor.name,
      origin: actor.origin,
      action: entry.action,
      target: entry.target,
      before: valueText(entry.before),
      after: valueText(entry.after),
      outcome: entry.outcome,
    })
    .execute();
  if (number % TRIM_EVERY === 0) {
    await write
      .deleteFrom("audit")
      .where("number", "<=", number - KEPT_ENTRIES)
      .execute();
  }
}

/** Notes a refusal, which changes nothing else. Nobody waits for it; a failure goes to the log. */
export function auditRefusal(store: ControllerStore, log: Logger, actor: Actor, entry: AuditEntry): void {
  store
    .write((write) => audit(write, actor, entry))
    .catch((error: unknown) => {
      log.error("A refusal could not be noted in the audit log", { ...errorFields(error), ...entry });
    });
}

function valueText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = JSON.stringify(value);
  return text.length <= MAX_VALUE_LENGTH ? text : JSON.stringify({ leftOut: `${text.length} characters` });
}
