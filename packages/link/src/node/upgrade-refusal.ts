import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { AppError } from "@switchyard/protocol";

/** Answers an upgrade with a plain HTTP response: the status of the error, and its ErrorPayload as JSON. */
export function refuseUpgrade(socket: Duplex, error: AppError): void {
  const body = JSON.stringify(error.toPayload());
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? "Refused"}`,
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    "Connection: close",
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
