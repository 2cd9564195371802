/** What a session allows itself and its peer. */
export interface SessionLimits {
  /** The largest frame in either direction. */
  maxFrameBytes: number;
  /** More than this unacked: `peer-too-slow`, and the session is lost. */
  maxUnackedBytes: number;
  /** More than this unacked: `writable` is false until half of it is left. */
  pauseUnackedBytes: number;
  /** As maxUnackedBytes, in frames. Half of it pauses. */
  maxUnackedFrames: number;
  /** An ack frame goes out at least this often. */
  heartbeatMs: number;
  /** Nothing heard for this long: the socket counts as dead. */
  silenceMs: number;
  /** How long a session is kept after its socket dropped. */
  resumeWindowMs: number;
}

export const DEFAULT_LIMITS: SessionLimits = {
  maxFrameBytes: 4 * 1024 * 1024,
  maxUnackedBytes: 64 * 1024 * 1024,
  pauseUnackedBytes: 8 * 1024 * 1024,
  maxUnackedFrames: 200_000,
  heartbeatMs: 5000,
  silenceMs: 15_000,
  resumeWindowMs: 60_000,
};
