import type { AddressText, AnyMessage, SchemaCompiler } from "@switchyard/protocol";
import type { Clock } from "./clock.js";
import type { Frame } from "./frame.js";
import type { LinkLog } from "./log.js";

/** What a handler or listener knows of the message it was called for. */
export interface HandlerContext {
  readonly source: AddressText;
  readonly destination: AddressText;
  /** Aborted by cancel, by the deadline and by the loss of the asker; the reason is an AppError. */
  readonly signal: AbortSignal;
  readonly traceId: string;
  /** Shows the asker how far a request is. Does nothing in event listeners and after the answer. */
  progress(value: unknown): void;
  /** At the controller: the user behind the asking session. */
  readonly user?: string;
}

export interface RequestOptions {
  to: AddressText;
  /** Default 30 000. */
  timeoutMs?: number;
  signal?: AbortSignal;
  onProgress?: (value: unknown) => void;
  /** Default: the dispatcher's address. */
  from?: AddressText;
  traceId?: string;
}

export interface DispatcherOptions {
  address: AddressText;
  messages: readonly AnyMessage[];
  compiler: SchemaCompiler;
  /** Where outgoing frames go; throws AppError when there is no way (host-offline, peer-gone, controller-unreachable...). */
  send: (frame: Frame) => void;
  /** Called for each incoming request and event; throws AppError to refuse. */
  authorize?: (message: AnyMessage, frame: Frame) => void;
  /** Requests of one source that are handled at the same time, default 256; beyond it: `queue-full`. */
  maxConcurrentRequests?: number;
  /** Own requests that wait for an answer, default 10 000; beyond it: `queue-full`. */
  maxPendingRequests?: number;
  clock?: Clock;
  log?: LinkLog;
}
