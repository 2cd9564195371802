import { AppError, type AddressText } from "@switchyard/protocol";
import type { PeerIdentity, Session } from "@switchyard/link";

/** What the controller knows of a peer besides its identity. */
export interface PeerNote {
  /** Network address. */
  origin: string;
  expiresAtMs: number | null;
  /** For controls. */
  userId: string | undefined;
}

const MAX_NOTES = 20_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The sessions that are open or may resume, by the peer's address; cuts those whose token ends. */
export class Peers {
  private readonly sessions = new Map<AddressText, Session>();
  private readonly notes = new Map<string, PeerNote>();
  private readonly expiries = new Map<Session, NodeJS.Timeout>();

  /** Kept by credential until the session begins, and as long as it lasts. */
  note(credential: string, note: PeerNote): void {
    this.notes.delete(credential);
    this.notes.set(credential, note);
    const oldest = this.notes.keys().next();
    if (this.notes.size > MAX_NOTES && !oldest.done) this.notes.delete(oldest.value);
  }

  noteOf(peer: PeerIdentity): PeerNote | undefined {
    return this.notes.get(peer.credential ?? "");
  }

  /** Answers the session that it takes the place of, if there was one. */
  add(session: Session): Session | undefined {
    const earlier = this.sessions.get(session.peer.address);
    this.sessions.set(session.peer.address, session);
    const expiresAtMs = this.noteOf(session.peer)?.expiresAtMs ?? null;
    if (expiresAtMs !== null) this.cutAt(session, expiresAtMs);
    return earlier;
  }

  /** False when another session of the same peer has taken its place. */
  remove(session: Session): boolean {
    clearTimeout(this.expiries.get(session));
    this.expiries.delete(session);
    if (this.sessions.get(session.peer.address) !== session) return false;
    this.sessions.delete(session.peer.address);
    return true;
  }

  get(address: AddressText): Session | undefined {
    return this.sessions.get(address);
  }

  *ofKind(kind: PeerIdentity["kind"]): Iterable<Session> {
    for (const session of this.sessions.values()) if (session.peer.kind === kind) yield session;
  }

  /** Ends every session that was begun with this credential. */
  cut(credential: string, reason: AppError): void {
    for (const session of [...this.sessions.values()]) {
      if (session.peer.credential === credential) session.close(reason);
    }
  }

  close(): void {
    for (const timer of this.expiries.values()) clearTimeout(timer);
    this.expiries.clear();
  }

  private cutAt(session: Session, atMs: number): void {
    const timer = setTimeout(
      () => {
        if (Date.now() < atMs) return this.cutAt(session, atMs);
        session.close(new AppError("token-expired"));
      },
      Math.min(Math.max(0, atMs - Date.now()), LONGEST_TIMER_MS),
    );
    timer.unref();
    this.expiries.set(session, timer);
  }
}
