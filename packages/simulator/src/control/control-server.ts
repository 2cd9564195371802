import { randomBytes, timingSafeEqual } from "node:crypto";
import { unlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { errorText } from "../errors.js";
import {
  controlFilePath,
  LineReader,
  MAX_CONTROL_LINE,
  type ControlFile,
  type ControlPrint,
  type ControlReply,
  type ControlRequest,
} from "./control-protocol.js";

/** Executes one request; what it throws becomes the reply's error. */
export type ControlHandler = (request: ControlRequest) => Promise<unknown>;

const MAX_CLIENTS = 64;

/** Lets people and programs play on a running simulator. Local only, with a token that lies beside the saves. */
export class ControlServer {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly subscribers = new Set<Socket>();
  private readonly token = randomBytes(24).toString("hex");

  constructor(
    private readonly writeData: string,
    private readonly handle: ControlHandler,
  ) {
    this.server = createServer((socket) => this.accept(socket));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen({ host: "127.0.0.1", port: 0 }, resolve);
    });
    const address = this.server.address();
    if (typeof address !== "object" || address === null) throw new Error("The control socket has no port.");
    const file: ControlFile = { port: address.port, token: this.token, pid: process.pid };
    writeFileSync(controlFilePath(this.writeData), `${JSON.stringify(file)}\n`, { mode: 0o600 });
  }

  publish(print: ControlPrint): void {
    for (const socket of this.subscribers) this.send(socket, print);
  }

  async close(): Promise<void> {
    try {
      unlinkSync(controlFilePath(this.writeData));
    } catch {
      // Never written, or the directory is gone.
    }
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(socket: Socket): void {
    if (this.sockets.size >= MAX_CLIENTS) return void socket.destroy();
    this.sockets.add(socket);
    let isWelcome = false;
    const reader = new LineReader((line) => {
      const request = parseRequest(line);
      if (!request) return void socket.destroy();
      if (isWelcome) return void this.answer(socket, request);
      isWelcome = request.op === "hello" && this.isToken(request["token"]);
      if (isWelcome) return this.send(socket, { id: request.id, ok: true, result: {} });
      socket.end(`${JSON.stringify({ id: request.id, ok: false, error: "wrong token" })}\n`);
    });
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      if (!reader.push(chunk)) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.sockets.delete(socket);
      this.subscribers.delete(socket);
    });
  }

  private async answer(socket: Socket, request: ControlRequest): Promise<void> {
    let reply: ControlReply;
    try {
      if (request.op === "subscribe") this.subscribers.add(socket);
      const result = request.op === "subscribe" ? {} : await this.handle(request);
      reply = { id: request.id, ok: true, result: result ?? {} };
    } catch (error) {
      reply = { id: request.id, ok: false, error: errorText(error) };
    }
    this.send(socket, reply);
  }

  private send(socket: Socket, message: ControlReply | ControlPrint): void {
    if (socket.destroyed) return;
    // A client that does not read is cut off instead of filling the memory.
    if (socket.writableLength > 4 * MAX_CONTROL_LINE) return void socket.destroy();
    socket.write(`${JSON.stringify(message)}\n`);
  }

  private isToken(value: unknown): boolean {
    if (typeof value !== "string") return false;
    const [given, wanted] = [Buffer.from(value), Buffer.from(this.token)];
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}

function parseRequest(line: string): ControlRequest | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return undefined;
    const request = value as Record<string, unknown>;
    return typeof request["id"] === "number" && typeof request["op"] === "string"
      ? (value as ControlRequest)
      : undefined;
  } catch {
    return undefined;
  }
}
