import { AppError, LINK_PROTOCOL_VERSION, type AddressText } from "@switchyard/protocol";
import type { Clock } from "./clock.js";
import { parseErrorPayload } from "./error-payload.js";
import { decodeFrame, encodeFrame, type Frame, type FrameType } from "./frame.js";
import type { Transport } from "./transport.js";

/** How long either side waits for the other's first frame. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** No handshake frame is nearly as large. */
const MAX_HANDSHAKE_BYTES = 16 * 1024;
const BYE_CODE = 4000;

/** The client's first frame. */
export interface Hello {
  protocol: number;
  /** Of the client program. */
  version: string;
  /** The session to go on with. */
  session?: string;
  /** The highest number received in it. */
  lastSeq?: number;
  /** The largest frame that the client takes. */
  maxFrameBytes: number;
}

/** The server's answer. */
export interface Welcome {
  session: string;
  /** The client's address. */
  address: AddressText;
  /** False: it is a new session, the one asked for is lost. */
  resumed: boolean;
  lastSeq: number;
  heartbeatMs: number;
  resumeWindowMs: number;
  maxFrameBytes: number;
  /** Of the server program. */
  version: string;
  /** Why the session asked for is lost, where the server remembers. */
  lost?: unknown;
}

/** Waits for the hello; throws AppError `deadline-exceeded`, `malformed-frame`, `version-mismatch` or `session-lost`. */
export async function receiveHello(transport: Transport, clock: Clock): Promise<Hello> {
  const { payload } = await receiveFirst(transport, "hello", clock);
  const { protocol, version, session, lastSeq, maxFrameBytes } = parseObject(payload);
  if (typeof protocol === "number" && protocol !== LINK_PROTOCOL_VERSION) {
    throw new AppError("version-mismatch", { theirs: protocol, ours: LINK_PROTOCOL_VERSION });
  }
  if (protocol !== LINK_PROTOCOL_VERSION || typeof version !== "string" || !isCount(maxFrameBytes)) {
    throw malformed("the hello is not complete");
  }
  const hello: Hello = { protocol, version: version.slice(0, 100), maxFrameBytes };
  if (session === undefined) return hello;
  if (typeof session !== "string" || !isCount(lastSeq)) throw malformed("the hello names no session");
  return { ...hello, session, lastSeq };
}

/** Says hello and waits for the welcome; throws what the server refused with, or as `receiveHello`. */
export async function sayHello(
  transport: Transport,
  hello: Omit<Hello, "protocol">,
  clock: Clock,
): Promise<Welcome> {
  const answer = receiveFirst(transport, "welcome", clock);
  sendHandshake(transport, "hello", { protocol: LINK_PROTOCOL_VERSION, ...hello });
  const welcome = parseObject((await answer).payload);
  const { session, address, resumed, lastSeq, heartbeatMs, resumeWindowMs, maxFrameBytes } = welcome;
  const numbers = [lastSeq, heartbeatMs, resumeWindowMs, maxFrameBytes];
  const texts = [session, address, welcome["version"]];
  if (!texts.every((text) => typeof text === "string") || typeof resumed !== "boolean") {
    throw malformed("the welcome is not complete");
  }
  if (!numbers.every(isCount)) throw malformed("the welcome is not complete");
  return welcome as unknown as Welcome;
}

export function sendWelcome(transport: Transport, welcome: Welcome): void {
  sendHandshake(transport, "welcome", welcome);
}

/** Refuses a peer before there is a session. */
export function sendBye(transport: Transport, reason: AppError): void {
  sendHandshake(transport, "bye", reason.toPayload());
  transport.close(BYE_CODE, reason.code);
}

function sendHandshake(transport: Transport, t: FrameType, value: object): void {
  transport.send(encodeFrame({ header: { t }, payload: JSON.stringify(value) }));
}

function receiveFirst(transport: Transport, type: FrameType, clock: Clock): Promise<Frame> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      reject(new AppError("deadline-exceeded", { timeoutMs: HANDSHAKE_TIMEOUT_MS }));
    }, HANDSHAKE_TIMEOUT_MS);
    transport.onClose(() => {
      clock.clearTimeout(timer);
      reject(new AppError("session-lost"));
    });
    transport.onMessage((text) => {
      clock.clearTimeout(timer);
      // What came in the same chunk waits for the session.
      transport.onMessage(undefined);
      try {
        resolve(expectFrame(text, type));
      } catch (error) {
        reject(AppError.from(error));
      }
    });
  });
}

function expectFrame(text: string, type: FrameType): Frame {
  const frame = decodeFrame(text, { maxBytes: MAX_HANDSHAKE_BYTES });
  if (frame.header.t === type) return frame;
  if (frame.header.t === "bye") throw parseErrorPayload(frame.payload) ?? malformed("a bye without a reason");
  throw malformed(`a ${frame.header.t} came instead of a ${type}`);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Answered below: both are the same fault of the peer.
  }
  throw malformed("its payload is not a JSON object");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(reason: string): AppError {
  return new AppError("malformed-frame", { reason });
}
