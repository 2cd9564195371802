import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

export interface MockCommand {
  id: number;
  text: string;
  socket: Socket;
  reply(text: string): void;
}

export function packet(id: number, type: number, text: string): Buffer {
  const body = Buffer.from(text);
  const bytes = Buffer.alloc(14 + body.length);
  bytes.writeInt32LE(10 + body.length, 0);
  bytes.writeInt32LE(id, 4);
  bytes.writeInt32LE(type, 8);
  body.copy(bytes, 12);
  return bytes;
}

/**
 * A peer that speaks RCON as the game does: one reply per command, one packet to a sign-in, nothing to an empty command. What it
 * does with a command is up to the test.
 */
export class MockRcon {
  readonly commands: MockCommand[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  /** "silent" never answers a sign-in. */
  auth: "check" | "refuse" | "silent" = "check";
  onCommand: (command: MockCommand) => void = (command) => command.reply(command.text);

  private constructor(
    readonly server: Server,
    readonly password: string,
  ) {
    server.on("connection", (socket) => this.#serve(socket));
  }

  static async listen(password = "secret", port = 0): Promise<MockRcon> {
    const server = createServer();
    const mock = new MockRcon(server, password);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return mock;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, "close");
  }

  /** Resolves when so many commands have come in all. */
  async received(count: number): Promise<void> {
    while (this.commands.length < count) await once(this.server, "command");
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => this.sockets.delete(socket));
    let held = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 4 && held.length >= 4 + held.readInt32LE(0)) {
        const length = held.readInt32LE(0);
        this.#handle(socket, held.subarray(4, 4 + length));
        held = held.subarray(4 + length);
      }
    });
  }

  #handle(socket: Socket, body: Buffer): void {
    const id = body.readInt32LE(0);
    const text = body.toString("utf8", 8, body.length - 2);
    if (body.readInt32LE(4) === 3) {
      if (this.auth === "silent") return;
      const isRight = this.auth === "check" && text === this.password;
      socket.write(packet(isRight ? id : -1, 2, ""));
      return;
    }
    const command = { id, text, socket, reply: (reply: string) => void socket.write(packet(id, 0, reply)) };
    this.commands.push(command);
    this.onCommand(command);
    this.server.emit("command");
  }
}
