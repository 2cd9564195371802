const LENGTH_BYTES = 4;
/** id, type and the two NULs. */
const MIN_PACKET_BYTES = 10;

/** One packet, its length field included, is `bytes` from `start` to `end`. It may be read only during the call. */
export type OnPacket = (bytes: Buffer, start: number, end: number) => void;

/**
 * Finds the packets in a stream of bytes. What comes whole is given out where it lies; a packet in pieces is joined once.
 * Holds at most one packet of maxPacketBytes.
 */
export class PacketCutter {
  onPacket: OnPacket;
  readonly #maxPacketBytes: number;
  #parts: Buffer[] = [];
  #held = 0;
  #wanted = LENGTH_BYTES;

  constructor(maxPacketBytes: number, onPacket: OnPacket) {
    this.#maxPacketBytes = maxPacketBytes;
    this.onPacket = onPacket;
  }

  /** Throws on a length that no game sends; nothing more may be pushed then. */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#held > 0) {
      this.#hold(chunk);
      if (this.#held < this.#wanted) return;
      bytes = Buffer.concat(this.#parts, this.#held);
      this.#parts = [];
      this.#held = 0;
    }
    const at = this.#cut(bytes);
    if (at < bytes.length) this.#hold(at === 0 ? bytes : bytes.subarray(at));
  }

  #hold(part: Buffer): void {
    this.#parts.push(part);
    this.#held += part.length;
  }

  /** Where the packet begins that is not whole yet. */
  #cut(bytes: Buffer): number {
    let at = 0;
    this.#wanted = LENGTH_BYTES;
    while (bytes.length - at >= LENGTH_BYTES) {
      const length = bytes.readInt32LE(at);
      if (length < MIN_PACKET_BYTES || length > this.#maxPacketBytes)
        throw new Error(`the peer sent a packet of ${length} bytes, which is not RCON`);
      const end = at + LENGTH_BYTES + length;
      if (end > bytes.length) {
        this.#wanted = LENGTH_BYTES + length;
        break;
      }
      this.onPacket(bytes, at, end);
      at = end;
    }
    return at;
  }
}
