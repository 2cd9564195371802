import type { AddressText, AppError, HostReport } from "@switchyard/protocol";
import type { Session, SessionState } from "@switchyard/link";
import { errorFields, type Logger } from "@switchyard/node-kit";
import type { HostFollower, Hosts } from "../state/hosts.js";
import type { Peers } from "./peers.js";

export interface HostPresenceOptions {
  hosts: Hosts;
  peers: Peers;
  follower: HostFollower;
  log: Logger;
  /** A socket that drops and comes back within this time is not shown as a host that went away. */
  graceMs?: number;
}

/** Keeps the shown `connected` of hosts in step with their sessions. */
export class HostPresence {
  private readonly registeredSessions = new WeakSet<Session>();
  private readonly grace = new Map<string, NodeJS.Timeout>();
  private closed = false;

  constructor(private readonly options: HostPresenceOptions) {}

  /** The host has said what it is, on the session that it has now. */
  async registered(address: AddressText, report: HostReport): Promise<void> {
    const session = this.options.peers.get(address);
    if (!session) return;
    this.registeredSessions.add(session);
    await this.options.hosts.setConnected(session.peer.id, report, this.options.follower);
  }

  /** `isCurrent` is false for a session that another one of the same host has taken the place of. */
  sessionTurned(session: Session, state: SessionState, isCurrent: boolean, reason?: AppError): void {
    const { id } = session.peer;
    if (!isCurrent || this.closed) return;
    clearTimeout(this.grace.get(id));
    this.grace.delete(id);
    if (state === "away") {
      const timer = setTimeout(() => this.turn(id, "away"), this.options.graceMs ?? 3000);
      this.grace.set(id, timer);
    } else if (state === "lost") {
      this.turn(id, "away", reason);
    } else if (this.registeredSessions.has(session)) {
      this.turn(id, "back");
    }
  }

  close(): void {
    this.closed = true;
    for (const timer of this.grace.values()) clearTimeout(timer);
    this.grace.clear();
  }

  private turn(id: string, to: "away" | "back", reason?: AppError): void {
    const { hosts, follower, log } = this.options;
    this.grace.delete(id);
    const name = hosts.find(id)?.name ?? id;
    log.info(`Host ${name} is ${to === "away" ? "not connected any more" : "connected again"}`, {
      hostId: id,
      ...(reason && { code: reason.code }),
    });
    const turned = to === "away" ? hosts.setAway(id, follower) : hosts.setBack(id, follower);
    turned.catch((error: unknown) =>
      log.error(`The state of host ${name} was not stored`, errorFields(error)),
    );
  }
}
