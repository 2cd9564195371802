import { createConnection, type Socket } from "node:net";
import { encodePacket, PacketReader, type RconPacket } from "../rcon/packets.js";

/** A raw RCON client that shows every packet as it came. */
export class RawRcon {
  readonly packets: RconPacket[] = [];
  isClosed = false;
  private readonly watchers = new Set<() => void>();
  private nextId = 100;

  private constructor(private readonly socket: Socket) {
    const reader = new PacketReader();
    socket.on("data", (chunk) => {
      this.packets.push(...reader.push(chunk));
      this.notify();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
      this.notify();
    });
  }

  static async connect(port: number): Promise<RawRcon> {
    const socket = createConnection({ host: "127.0.0.1", port });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new RawRcon(socket);
  }

  static async authenticated(port: number, password = "secret"): Promise<RawRcon> {
    const client = await RawRcon.connect(port);
    client.write({ id: 1, type: 3, body: password });
    await client.waitForPackets(1);
    client.packets.length = 0;
    return client;
  }

  write(packet: RconPacket): void {
    this.socket.write(encodePacket(packet));
  }

  writeBytes(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The body of the reply to this command. */
  async command(body: string): Promise<string> {
    const id = this.nextId++;
    this.write({ id, type: 2, body });
    await this.waitUntil(() => this.packets.some((packet) => packet.id === id));
    return this.packets.find((packet) => packet.id === id)?.body ?? "";
  }

  /** Sends a Lua command past the achievements warning. */
  async lua(code: string): Promise<string> {
    const first = await this.command(`/sc ${code}`);
    return first.includes("disable achievements") ? this.command(`/sc ${code}`) : first;
  }

  waitForPackets(count: number): Promise<void> {
    return this.waitUntil(() => this.packets.length >= count);
  }

  waitForClose(): Promise<void> {
    return this.waitUntil(() => this.isClosed);
  }

  close(): void {
    this.socket.destroy();
  }

  private waitUntil(isDone: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!isDone() && !this.isClosed) return;
        clearTimeout(timer);
        this.watchers.delete(look);
        if (isDone()) resolve();
        else reject(new Error("the RCON connection was closed"));
      };
      const timer = setTimeout(() => {
        this.watchers.delete(look);
        reject(new Error(`no answer; packets so far: ${JSON.stringify(this.packets)}`));
      }, 20_000);
      this.watchers.add(look);
      look();
    });
  }

  private notify(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}
