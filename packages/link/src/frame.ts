import { AppError, type AddressText } from "@switchyard/protocol";

const HANDSHAKE_TYPES = ["hello", "welcome", "ack", "bye"] as const;
const ROUTABLE_TYPES = ["request", "response", "error", "progress", "cancel", "event"] as const;

/** Of the session itself (hello, welcome, ack, bye), or routable: from one address to another. */
export type FrameType = (typeof HANDSHAKE_TYPES)[number] | (typeof ROUTABLE_TYPES)[number];

/** The first line of a frame. One-letter names, since it goes over the wire with every message. */
export interface FrameHeader {
  t: FrameType;
  /** Number of a routable frame within its session and direction, from 1 without gaps. */
  n?: number;
  /** Ack: the highest number received in order from the other side. */
  a?: number;
  /** Source address. */
  s?: AddressText;
  /** Destination address. */
  d?: AddressText;
  /** Message name. */
  m?: string;
  /** Request id, unique per source. */
  i?: string;
  /** Milliseconds left until the asker's deadline. */
  x?: number;
  /** Trace id. */
  r?: string;
}

export interface Frame {
  header: FrameHeader;
  /** Raw JSON text, "" when there is none. Those who only forward never parse it. */
  payload: string;
}

export function isRoutable(type: FrameType): boolean {
  return (ROUTABLE_TYPES as readonly string[]).includes(type);
}

export function encodeFrame(frame: Frame): string {
  return `${JSON.stringify(frame.header)}\n${frame.payload}`;
}

/**
 * The size is checked before anything is parsed; of the text only the header line is parsed.
 * Throws AppError `frame-too-large` or `malformed-frame`.
 */
export function decodeFrame(text: string, limits: { maxBytes: number }): Frame {
  checkFrameSize(text, limits.maxBytes);
  const lineEnd = text.indexOf("\n");
  if (lineEnd < 0) throw malformed("it has no header line");
  let header: unknown;
  try {
    header = JSON.parse(text.slice(0, lineEnd));
  } catch {
    throw malformed("its header is not JSON");
  }
  const fault = headerFault(header);
  if (fault) throw malformed(fault);
  return { header: header as FrameHeader, payload: text.slice(lineEnd + 1) };
}

/** Throws AppError `frame-too-large` when the text has more UTF-8 bytes than allowed. */
export function checkFrameSize(text: string, maxBytes: number): void {
  // Each UTF-16 unit is at most three bytes, so that most texts need no count.
  if (text.length * 3 <= maxBytes) return;
  const bytes = text.length > maxBytes ? text.length : byteLength(text);
  if (bytes > maxBytes) throw new AppError("frame-too-large", { bytes, limit: maxBytes });
}

function byteLength(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7ff) bytes += unit >= 0xd800 && unit <= 0xdfff ? 1 : 2;
    else if (unit > 0x7f) bytes += 1;
  }
  return bytes;
}

function malformed(reason: string): AppError {
  return new AppError("malformed-frame", { reason });
}

function headerFault(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return "its header is not an object";
  const header = value as Record<string, unknown>;
  const type = header["t"] as FrameType;
  const routable = isRoutable(type);
  if (!routable && !(HANDSHAKE_TYPES as readonly string[]).includes(type)) return "its type is not known";
  if (!isCount(header["a"], false)) return "its ack is not a whole number";
  if (!isCount(header["x"], false)) return "its deadline is not a whole number";
  if (!isText(header["r"], false)) return "its trace id is not a short text";
  if (!routable) return undefined;
  if (!isCount(header["n"], true)) return "it has no number";
  if (!isText(header["s"], true) || !isText(header["d"], true)) return "it has no source or destination";
  if (!isText(header["m"], type === "request" || type === "event")) return "it has no message name";
  if (!isText(header["i"], type !== "event")) return "it has no request id";
  return undefined;
}

function isCount(value: unknown, needed: boolean): boolean {
  if (value === undefined) return !needed;
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown, needed: boolean): boolean {
  if (value === undefined) return !needed;
  return typeof value === "string" && value.length > 0 && value.length <= 200;
}
