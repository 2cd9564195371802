/** The kinds of peer that can be spoken to. */
export type PeerKind = "controller" | "host" | "instance" | "control";

/**
 * Who a message is from or for, as it stands in a frame header:
 * `controller`, `host/<id>`, `instance/<id>`, `control/<id>`, or a broadcast: `hosts`, `instances`, `controls`.
 */
export type AddressText = string;

export type Address =
  | { kind: "controller" }
  | { kind: "host" | "instance" | "control"; id: string }
  | { kind: "broadcast"; to: "host" | "instance" | "control" };

export const CONTROLLER: AddressText = "controller";

const ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const BROADCASTS = { hosts: "host", instances: "instance", controls: "control" } as const;

/** Ids are lower case letters, digits, `_` and `-`, 1 to 64 characters. */
export function isPeerId(text: string): boolean {
  return ID.test(text);
}

export function hostAddress(id: string): AddressText {
  return `host/${id}`;
}

export function instanceAddress(id: string): AddressText {
  return `instance/${id}`;
}

export function controlAddress(id: string): AddressText {
  return `control/${id}`;
}

/** Undefined for anything that is not a well-formed address. */
export function parseAddress(text: AddressText): Address | undefined {
  if (text === CONTROLLER) return { kind: "controller" };
  if (Object.hasOwn(BROADCASTS, text)) {
    return { kind: "broadcast", to: BROADCASTS[text as keyof typeof BROADCASTS] };
  }
  const slash = text.indexOf("/");
  const kind = text.slice(0, slash);
  const id = text.slice(slash + 1);
  if ((kind === "host" || kind === "instance" || kind === "control") && isPeerId(id)) return { kind, id };
  return undefined;
}
