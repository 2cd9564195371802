import { AppError, type AddressText } from "@switchyard/protocol";
import { AckPolicy } from "./ack-policy.js";
import type { Clock } from "./clock.js";
import { decodeFrame, encodeFrame, checkFrameSize, isRoutable, type Frame } from "./frame.js";
import { Heartbeat } from "./heartbeat.js";
import type { SessionLimits } from "./limits.js";
import type { LinkLog } from "./log.js";
import { SendWindow } from "./send-window.js";
import { parseErrorPayload } from "./error-payload.js";
import type { Transport } from "./transport.js";
import { WritableGate } from "./writable-gate.js";

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

/** `away`: the socket dropped and the session may be resumed. `lost` is for ever. */
export type SessionState = "open" | "away" | "lost";

export interface SessionOptions {
  id: string;
  peer: PeerIdentity;
  localAddress: AddressText;
  limits: SessionLimits;
  /** The largest frame that the peer takes. */
  peerMaxFrameBytes: number;
  clock: Clock;
  log: LinkLog;
}

type StateListener = (state: SessionState, reason?: AppError) => void;

/** Close codes of a peer, or of our own WebSocket, that saw something it must not take. Resuming would only repeat it. */
const FRAME_FAULT_CODES = [1002, 1003, 1007];
const TOO_LARGE_CODE = 1009;
/** Close code after a bye; the code word of the error is the close reason. */
const BYE_CODE = 4000;

/**
 * A numbered, acked conversation with one peer that outlives its sockets: what was sent is kept until it is acked and
 * sent again on the next socket, and what comes twice is dropped, so that each frame arrives exactly once and in order
 * until the session is lost. Memory is bounded by the limits.
 */
export class Session {
  readonly id: string;
  readonly peer: PeerIdentity;
  /** This side's own address, as the controller gave it. */
  readonly localAddress: AddressText;
  readonly #options: SessionOptions;
  readonly #window = new SendWindow();
  readonly #gate = new WritableGate();
  readonly #acks: AckPolicy;
  readonly #heartbeat: Heartbeat;
  readonly #frameListeners: ((frame: Frame) => void)[] = [];
  readonly #stateListeners = new Set<StateListener>();
  /** Frames that came before anyone listened. */
  #early: Frame[] = [];
  #state: SessionState = "away";
  #lostReason: AppError | undefined;
  #transport: Transport | undefined;
  #received = 0;
  #awayTimer: unknown;

  /** Sessions are made by LinkServer and LinkClient. */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.peer = options.peer;
    this.localAddress = options.localAddress;
    this.#acks = new AckPolicy(options.clock, () => this.#sendAck());
    this.#heartbeat = new Heartbeat(options.clock, options.limits, {
      beat: () => this.#sendAck(),
      silent: () => this.#dropTransport(),
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** False while too much is unacked or buffered; `send` still works, up to the cut-off. */
  get writable(): boolean {
    return this.#state !== "lost" && this.#gate.isOpen;
  }

  get unackedBytes(): number {
    return this.#window.bytes;
  }

  get unackedFrames(): number {
    return this.#window.frames;
  }

  /** The highest number received in order. */
  get lastReceived(): number {
    return this.#received;
  }

  /**
   * Numbers the frame and keeps it until it is acked, also while the socket is away.
   * Throws AppError `session-lost` (or what the session was lost for), `frame-too-large` (nothing was sent) or
   * `peer-too-slow` (too much is unacked; the session is lost by it).
   */
  send(frame: Frame): void {
    if (this.#lostReason) throw this.#lostReason;
    const header = { ...frame.header, n: this.#window.lastNumber + 1, a: this.#received };
    const text = encodeFrame({ header, payload: frame.payload });
    checkFrameSize(text, this.#options.peerMaxFrameBytes);
    this.#checkRoom(text.length);
    this.#window.add(text);
    this.#acks.sent();
    this.#transport?.send(text);
    this.#updateGate();
  }

  /** Resolves when `writable`; rejects with `cancelled` by the signal or with the reason of the session's loss. */
  whenWritable(signal?: AbortSignal): Promise<void> {
    if (this.#lostReason) return Promise.reject(this.#lostReason);
    return this.#gate.wait(signal);
  }

  /** Each routable frame exactly once, in order. Frames that came before the first listener are given to it at once. */
  onFrame(listener: (frame: Frame) => void): void {
    this.#frameListeners.push(listener);
    const early = this.#early;
    this.#early = [];
    for (const frame of early) this.#deliver(frame);
  }

  /** The reason is given with `lost`. Returns what removes the listener. */
  onState(listener: StateListener): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Tells the peer the reason and ends the session. Does nothing on a lost one. */
  close(reason: AppError): void {
    if (this.#state === "lost") return;
    this.#transport?.send(encodeFrame({ header: { t: "bye" }, payload: JSON.stringify(reason.toPayload()) }));
    this.#lose(reason, (transport) => transport.close(BYE_CODE, reason.code));
  }

  /** Ends the session without a word to the peer: it does not know the session any more. */
  abandon(reason: AppError): void {
    this.#lose(reason, (transport) => transport.terminate());
  }

  /** True when the peer's count fits what was sent, so that nothing would be missing after a resume. */
  canResumeFrom(peerReceived: number): boolean {
    const { acked, lastNumber } = this.#window;
    return this.#state !== "lost" && peerReceived >= acked && peerReceived <= lastNumber;
  }

  /** Goes on over a transport whose handshake is done. A transport that is still there is cut: it is a stale one. */
  attach(transport: Transport, peerReceived: number): void {
    this.#detachTransport()?.terminate();
    this.#options.clock.clearTimeout(this.#awayTimer);
    this.#transport = transport;
    this.#window.ack(peerReceived);
    transport.onClose((code) => {
      if (this.#transport === transport) this.#transportClosed(code);
    });
    transport.onDrain?.(() => this.#updateGate());
    for (const text of this.#window.texts()) transport.send(text);
    this.#heartbeat.start();
    this.#updateGate();
    this.#setState("open");
    // Last, since frames that came right after the handshake are delivered by this call.
    transport.onMessage((text) => {
      if (this.#transport === transport) this.#receive(text);
    });
  }

  #receive(text: string): void {
    this.#heartbeat.heard();
    let frame: Frame;
    try {
      frame = decodeFrame(text, { maxBytes: this.#options.limits.maxFrameBytes });
    } catch (error) {
      this.close(AppError.from(error));
      return;
    }
    const { t: type, a: ack } = frame.header;
    if (ack !== undefined && !this.#window.ack(ack)) {
      this.close(malformed("it acks what was never sent"));
      return;
    }
    this.#updateGate();
    if (isRoutable(type)) this.#receiveRoutable(frame, text.length);
    else if (type === "bye") this.#receiveBye(frame.payload);
    else if (type === "ack") this.#heartbeat.heardBeat();
    else this.close(malformed(`a ${type} came within the session`));
  }

  #receiveRoutable(frame: Frame, bytes: number): void {
    const number = frame.header.n ?? 0;
    if (number <= this.#received) return;
    if (number !== this.#received + 1) {
      this.close(malformed(`number ${number} came after ${this.#received}`));
      return;
    }
    this.#received = number;
    this.#acks.received(bytes);
    if (this.#frameListeners.length > 0) this.#deliver(frame);
    else this.#keepEarly(frame);
  }

  #deliver(frame: Frame): void {
    for (const listener of this.#frameListeners) {
      if (this.#state === "lost") return;
      this.#guard(() => listener(frame));
    }
  }

  #keepEarly(frame: Frame): void {
    this.#early.push(frame);
    if (this.#early.length <= this.#options.limits.maxUnackedFrames) return;
    this.close(new AppError("queue-full", { what: "a listener", count: this.#early.length }));
  }

  #receiveBye(payload: string): void {
    this.#lose(parseErrorPayload(payload) ?? new AppError("session-lost"), (transport) =>
      transport.close(1000, ""),
    );
  }

  #checkRoom(bytes: number): void {
    const { maxUnackedBytes, maxUnackedFrames } = this.#options.limits;
    const total = this.#window.bytes + bytes;
    if (total <= maxUnackedBytes && this.#window.frames < maxUnackedFrames) return;
    const reason = new AppError("peer-too-slow", { peer: this.peer.address, bytes: total });
    // No bye: it would wait behind all the rest.
    this.abandon(reason);
    throw reason;
  }

  #updateGate(): void {
    const { pauseUnackedBytes, maxUnackedFrames } = this.#options.limits;
    const bytes = Math.max(this.#window.bytes, this.#transport?.bufferedBytes ?? 0);
    this.#gate.update(Math.max(bytes / pauseUnackedBytes, (this.#window.frames * 2) / maxUnackedFrames));
  }

  #sendAck(): void {
    this.#acks.sent();
    this.#transport?.send(encodeFrame({ header: { t: "ack", a: this.#received }, payload: "" }));
  }

  #transportClosed(code: number): void {
    const { maxFrameBytes } = this.#options.limits;
    if (code === TOO_LARGE_CODE) {
      this.abandon(
        new AppError("frame-too-large", { bytes: `more than ${maxFrameBytes}`, limit: maxFrameBytes }),
      );
    } else if (FRAME_FAULT_CODES.includes(code)) {
      this.abandon(malformed(`the WebSocket was closed with ${code}`));
    } else {
      this.#dropTransport();
    }
  }

  #dropTransport(): void {
    this.#detachTransport()?.terminate();
    if (this.#state === "lost") return;
    const { clock, limits } = this.#options;
    this.#awayTimer = clock.setTimeout(
      () => this.abandon(new AppError("session-lost")),
      limits.resumeWindowMs,
    );
    this.#updateGate();
    this.#setState("away");
  }

  #detachTransport(): Transport | undefined {
    const transport = this.#transport;
    this.#transport = undefined;
    this.#heartbeat.stop();
    this.#acks.stop();
    return transport;
  }

  #lose(reason: AppError, end: (transport: Transport) => void): void {
    if (this.#state === "lost") return;
    this.#lostReason = reason;
    const transport = this.#detachTransport();
    if (transport) end(transport);
    this.#options.clock.clearTimeout(this.#awayTimer);
    this.#window.clear();
    this.#early = [];
    this.#gate.fail(reason);
    this.#setState("lost", reason);
    this.#stateListeners.clear();
  }

  #setState(state: SessionState, reason?: AppError): void {
    this.#state = state;
    for (const listener of [...this.#stateListeners]) this.#guard(() => listener(state, reason));
  }

  /** A listener that throws must not harm the session. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      const stack = error instanceof Error ? error.stack : String(error);
      this.#options.log.warn("A listener of a link session failed", { peer: this.peer.address, stack });
    }
  }
}

function malformed(reason: string): AppError {
  return new AppError("malformed-frame", { reason });
}
