import { AppError, type AddressText, type AnyMessage } from "@switchyard/protocol";
import type { Frame, Session } from "@switchyard/link";
import { errorFields, type Logger } from "@switchyard/node-kit";
import { audit, type Actor } from "../state/audit.js";
import type { ControllerStore } from "../store/controller-store.js";

export interface RoutedAuditOptions {
  messages: ReadonlyMap<string, AnyMessage>;
  store: ControllerStore;
  log: Logger;
  actorBehind(session: Session): Actor;
  /** The session over which the destination is reached; throws when there is none. */
  sessionFor(destination: AddressText): Session;
}

interface Waiting {
  asker: Session;
  target: Session;
  destination: AddressText;
  actor: Actor;
  action: string;
  params: unknown;
}

const MAX_WAITING = 2000;

/**
 * Notes requests that only pass through here: who asked a host for what, and what came of it. The row is written when the
 * answer passes, or when nobody waits for it any more.
 */
export class RoutedAudit {
  private readonly waiting = new Map<string, Waiting>();

  constructor(private readonly options: RoutedAuditOptions) {}

  /** For each admitted frame. Throws `queue-full`. */
  asked({ header, payload }: Frame, asker: Session): void {
    const { t: type, s: source = "", d: destination = "", i: id = "", m: action = "" } = header;
    const message = this.options.messages.get(action);
    if (type !== "request" || message?.kind !== "request" || message.isAudited !== true) return;
    if (this.waiting.size >= MAX_WAITING)
      throw new AppError("queue-full", { what: "the audit log", count: MAX_WAITING });
    const actor = this.options.actorBehind(asker);
    const entry = { asker, destination, actor, action, params: parse(payload) };
    try {
      const target = this.options.sessionFor(destination);
      this.waiting.set(key(source, id), { ...entry, target });
    } catch (error) {
      // The router finds the same, and tells the asker.
      this.note(entry, AppError.from(error).code);
    }
  }

  /** For each frame that comes, before it is passed on. */
  passed({ header, payload }: Frame, from: Session): void {
    const { t: type, s: source = "", d: destination = "", i: id = "" } = header;
    if (type === "cancel") {
      const cancelled = this.waiting.get(key(source, id));
      if (cancelled?.asker === from) this.end(key(source, id), cancelled, "cancelled");
      return;
    }
    if (type !== "response" && type !== "error") return;
    const answered = this.waiting.get(key(destination, id));
    if (answered?.target !== from || answered.destination !== source) return;
    this.end(key(destination, id), answered, type === "response" ? "done" : codeOf(payload));
  }

  /** What was asked of it, or by it, has no known outcome. */
  lost(session: Session): void {
    for (const [id, entry] of this.waiting)
      if (entry.asker === session || entry.target === session) this.end(id, entry, "session-lost");
  }

  private end(id: string, entry: Waiting, outcome: string): void {
    this.waiting.delete(id);
    this.note(entry, outcome);
  }

  private note(
    { actor, action, destination, params }: Omit<Waiting, "asker" | "target">,
    outcome: string,
  ): void {
    const entry = { action, target: destination, after: params, outcome };
    this.options.store
      .write((write) => audit(write, actor, entry))
      .catch((error: unknown) => {
        this.options.log.error("A request could not be noted in the audit log", {
          ...errorFields(error),
          ...entry,
        });
      });
  }
}

function key(source: AddressText, id: string): string {
  return `${source} ${id}`;
}

/** The text comes from a peer; what is not JSON is refused by whom it is for. */
function parse(payload: string): unknown {
  try {
    return JSON.parse(payload) as unknown;
  } catch {
    return null;
  }
}

function codeOf(payload: string): string {
  const error = parse(payload) as { code?: unknown } | null;
  return typeof error?.code === "string" ? error.code.slice(0, 64) : "internal";
}
