import { AppError, type AddressText } from "@switchyard/protocol";
import type { Frame } from "./frame.js";

/** Who is at the other end, as authenticated before the session began. */
export interface PeerIdentity {
  kind: "host" | "control" | "controller";
  id: string;
  address: AddressText;
  /** For controls: the signed-in user. */
  user?: string;
  /** Names the token or sign-in behind this peer; a session is resumed only by the same one. Never the token itself. */
  credential?: string;
  /** Filled from the peer's hello. */
  version: string;
}

export type SessionState = "open" | "away" | "lost";

/** Skeleton; the implementation follows. */
export class Session {
  constructor(
    readonly id: string,
    readonly peer: PeerIdentity,
    /** This side's own address, as the controller gave it. */
    readonly localAddress: AddressText,
  ) {}
  get state(): SessionState {
    throw new AppError("internal", { reason: "not built yet" });
  }
  get writable(): boolean {
    return true;
  }
  get unackedBytes(): number {
    return 0;
  }
  get unackedFrames(): number {
    return 0;
  }
  send(_frame: Frame): void {
    throw new AppError("internal", { reason: "not built yet" });
  }
  whenWritable(_signal?: AbortSignal): Promise<void> {
    return Promise.resolve();
  }
  onFrame(_listener: (frame: Frame) => void): void {}
  onState(_listener: (state: SessionState, reason?: AppError) => void): () => void {
    return () => {};
  }
  close(_reason: AppError): void {}
}
