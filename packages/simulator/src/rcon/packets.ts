/** RCON packet types; 2 is both "execute" (request) and "auth result" (reply). */
export const TYPE_AUTH = 3;
export const TYPE_EXECUTE = 2;
export const TYPE_AUTH_REPLY = 2;
export const TYPE_REPLY = 0;

/** The game's own limit for a payload (facts §4.3). */
export const MAX_PAYLOAD_BYTES = 100 * 1024 * 1024;

export interface RconPacket {
  id: number;
  type: number;
  body: string;
}

export class PacketError extends Error {}

export function encodePacket(packet: RconPacket): Buffer {
  const body = Buffer.from(packet.body, "utf8");
  const bytes = Buffer.alloc(14 + body.length);
  bytes.writeInt32LE(10 + body.length, 0);
  bytes.writeInt32LE(packet.id, 4);
  bytes.writeInt32LE(packet.type, 8);
  body.copy(bytes, 12);
  return bytes;
}

/** Cuts packets out of a byte stream; chunks are joined only when a packet is complete. */
export class PacketReader {
  private chunks: Buffer[] = [];
  private buffered = 0;

  /** Throws `PacketError` on what the game drops a connection for. */
  push(chunk: Buffer): RconPacket[] {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    const packets: RconPacket[] = [];
    for (;;) {
      if (this.buffered < 4) return packets;
      const size = this.peekSize();
      if (size > MAX_PAYLOAD_BYTES) throw new PacketError("Maximum payload size exceeded");
      if (size < 10) throw new PacketError("invalid message size");
      if (this.buffered < size + 4) return packets;
      packets.push(decode(this.take(size + 4)));
    }
  }

  private peekSize(): number {
    const first = this.chunks[0];
    if (!first || first.length < 4) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0]?.readInt32LE(0) ?? 0;
  }

  private take(length: number): Buffer {
    const all = this.chunks.length === 1 ? (this.chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.chunks);
    this.chunks = all.length > length ? [all.subarray(length)] : [];
    this.buffered -= length;
    return all.subarray(0, length);
  }
}

function decode(packet: Buffer): RconPacket {
  const end = packet.length;
  if (packet[end - 1] !== 0 || packet[end - 2] !== 0) throw new PacketError("invalid message type");
  return {
    id: packet.readInt32LE(4),
    type: packet.readInt32LE(8),
    body: packet.toString("utf8", 12, end - 2),
  };
}
