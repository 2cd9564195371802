import type { ErrorPayload } from "@switchyard/protocol";

export type ChildRole = "controller" | "host";

/** What a child tells `up` over its IPC channel. */
export type ChildMessage =
  | { type: "ready"; url?: string }
  /** It could not start, and trying again would not help by itself. */
  | { type: "failed"; error: ErrorPayload; stack?: string };

/** What `up` tells a child. The channel's end means the same, for when `up` was killed. */
export interface StopMessage {
  type: "stop";
}
