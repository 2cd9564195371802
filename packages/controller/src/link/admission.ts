import {
  AppError,
  parseAddress,
  type AddressText,
  type AnyMessage,
  type PeerKind,
  type Source,
} from "@switchyard/protocol";
import type { Frame, Session } from "@switchyard/link";
import { requirePermission, type User } from "../state/users.js";

export interface AdmissionOptions {
  messages: ReadonlyMap<string, AnyMessage>;
  /** The host that an instance is assigned to. */
  hostOf(instanceId: string): string | undefined;
  /** Who sits behind a control, as things are now. */
  userOf(session: Session): User | undefined;
}

/**
 * The check at the first hop, before a request or event is handled or passed on: nobody speaks for another, the message
 * exists, goes the way it is declared to go, and the user may send it.
 */
export class Admission {
  constructor(private readonly options: AdmissionOptions) {}

  /** Throws `source-refused`, `unknown-message`, `bad-request`, `permission-denied`. */
  admit(frame: Frame, from: Session): void {
    const { s: source = "", d: destination = "", m: name = "", t: type } = frame.header;
    const sourceKind = this.requireOwnSource(source, from);
    const message = this.options.messages.get(name);
    if (!message) throw new AppError("unknown-message", { name });
    if (message.kind !== type)
      throw misdirected(name, `is not ${type === "event" ? "an event" : "a request"}`);
    if (!message.from.includes(sourceKind)) throw misdirected(name, `cannot be sent by ${sourceKind}s`);
    if (destinationKind(destination, type === "event") !== message.to) {
      throw misdirected(name, `is for ${message.to}s, not for ${destination}`);
    }
    if (from.peer.kind === "control") requirePermission(this.options.userOf(from), message.permission);
  }

  private requireOwnSource(source: AddressText, from: Session): Source {
    const { kind, id, address } = from.peer;
    const spoken = parseAddress(source);
    if (source === address && (kind === "host" || kind === "control")) return kind;
    if (kind === "host" && spoken?.kind === "instance" && this.options.hostOf(spoken.id) === id) {
      return "instance";
    }
    throw new AppError("source-refused", { peer: address, source });
  }
}

/** Broadcasts are for events only: a request has one answer. */
function destinationKind(destination: AddressText, isEvent: boolean): PeerKind | undefined {
  const address = parseAddress(destination);
  if (address?.kind === "broadcast") return isEvent ? address.to : undefined;
  return address?.kind;
}

function misdirected(name: string, fault: string): AppError {
  return new AppError("bad-request", { reason: `${name} ${fault}` });
}
