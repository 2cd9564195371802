import { createServer, type Server, type Socket } from "node:net";
import { systemCode } from "../errors.js";
import type { Console } from "../console/console.js";
import type { Game } from "../server/game.js";
import {
  encodePacket,
  PacketError,
  PacketReader,
  TYPE_AUTH,
  TYPE_AUTH_REPLY,
  TYPE_EXECUTE,
  TYPE_REPLY,
  type RconPacket,
} from "./packets.js";
import { ConsoleBacklog } from "./console-backlog.js";
import { segmentTicks } from "./segments.js";

const MAX_CONNECTIONS = 128;

interface Connection {
  socket: Socket;
  reader: PacketReader;
  isAuthenticated: boolean;
}

/** RCON as the game speaks it (facts §4, facts-2 §5): one packet per reply, sent at the end of the command's tick. */
export class RconServer {
  private readonly server: Server;
  private readonly connections = new Set<Connection>();
  private readonly backlog: ConsoleBacklog;
  private replies: { connection: Connection; packet: RconPacket }[] = [];

  constructor(
    private readonly game: Game,
    private readonly console: Console,
    private readonly password: string,
  ) {
    this.server = createServer((socket) => this.accept(socket));
    this.backlog = new ConsoleBacklog(game.log);
  }

  /** Rejects with the system's error when the address is taken. */
  listen(address: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen({ host: address, port }, () => {
        this.server.off("error", reject);
        const bound = this.server.address();
        resolve(typeof bound === "object" && bound ? bound.port : port);
      });
    });
  }

  /** Sends what the commands of this tick answered. */
  flush(): void {
    if (this.replies.length === 0) return;
    const replies = this.replies;
    this.replies = [];
    if (this.game.faults.reorderRcon) replies.reverse();
    for (const { connection, packet } of replies) {
      if (this.game.faults.dropRcon > 0) {
        this.game.faults.dropRcon--;
        connection.socket.destroy();
      } else connection.socket.write(encodePacket(packet));
    }
  }

  async close(): Promise<void> {
    this.backlog.dispose();
    this.flush();
    for (const { socket } of this.connections) socket.end();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const force = setTimeout(() => {
      for (const { socket } of this.connections) socket.destroy();
    }, 100);
    await closed;
    clearTimeout(force);
  }

  private accept(socket: Socket): void {
    if (this.connections.size >= MAX_CONNECTIONS) return void socket.destroy();
    const connection: Connection = { socket, reader: new PacketReader(), isAuthenticated: false };
    this.connections.add(connection);
    socket.setNoDelay(true);
    this.game.log.info(
      "rconConnection",
      `New RCON connection from IP ADDR:({${socket.remoteAddress ?? ""}:${socket.remotePort ?? 0}})`,
    );
    socket.on("data", (chunk: Buffer) => this.receive(connection, chunk));
    socket.on("error", (error) => {
      if (systemCode(error) !== "ECONNRESET") return;
      this.game.log.error(
        "rconReadFailed",
        "RCON connection read failed: Can't read socket: Connection reset by peer",
      );
    });
    socket.on("close", () => this.connections.delete(connection));
  }

  private receive(connection: Connection, chunk: Buffer): void {
    let packets: RconPacket[];
    try {
      packets = connection.reader.push(chunk);
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
      this.game.log.error("rconParse", `Couldn't parse RCON data: ${error.message}`);
      connection.socket.destroy();
      return;
    }
    for (const packet of packets) this.handle(connection, packet);
  }

  private handle(connection: Connection, packet: RconPacket): void {
    if (packet.type === TYPE_AUTH) {
      connection.isAuthenticated = packet.body === this.password;
      const id = connection.isAuthenticated ? packet.id : -1;
      connection.socket.write(encodePacket({ id, type: TYPE_AUTH_REPLY, body: "" }));
      return;
    }
    // An empty body is never answered, and neither is a mirrored reply packet; see facts §4.3.
    if (packet.type !== TYPE_EXECUTE || !connection.isAuthenticated || packet.body === "") return;
    const { loop, faults, settings, world } = this.game;
    const players = world.connectedPlayers().length;
    const delayTicks =
      faults.segmentPacing && players > 0
        ? segmentTicks(Buffer.byteLength(packet.body), players, settings)
        : 0;
    const run = (): void => this.execute(connection, packet);
    if (!loop.enqueue({ run, advancesTick: true, delayTicks })) connection.socket.destroy();
  }

  private execute(connection: Connection, packet: RconPacket): void {
    const lines: string[] = [];
    const drained = packet.id === 0 ? this.backlog.drain() : "";
    this.console.execute(packet.body, {
      kind: "rcon",
      player: undefined,
      reply: (text) => lines.push(`${text}\n`),
    });
    this.replies.push({
      connection,
      packet: { id: packet.id, type: TYPE_REPLY, body: drained + lines.join("") },
    });
  }
}
