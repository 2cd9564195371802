import { Transform, type TransformCallback } from "node:stream";

const LENGTH_BYTES = 4;
/** id, type and the two NULs. */
const MIN_PACKET_BYTES = 10;

/**
 * Cuts the socket's bytes into whole packets, each with its length field, as rcon-client's own splitter does. That one copies
 * everything it holds for every chunk (50 MB take 7 s), loops forever on a negative length and buffers without limit on a
 * huge one; this one joins a packet once and ends with an error on a length that no game sends.
 */
export class PacketFramer extends Transform {
  readonly #maxPacketBytes: number;
  #parts: Buffer[] = [];
  #held = 0;
  #wanted = LENGTH_BYTES;

  constructor(maxPacketBytes: number) {
    super({ readableObjectMode: true });
    this.#maxPacketBytes = maxPacketBytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#parts.push(chunk);
    this.#held += chunk.length;
    while (this.#held >= this.#wanted) {
      const joined =
        this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts, this.#held);
      const length = joined.readInt32LE(0);
      if (length < MIN_PACKET_BYTES || length > this.#maxPacketBytes) {
        return done(new Error(`the peer sent a packet of ${length} bytes, which is not RCON`));
      }
      const end = LENGTH_BYTES + length;
      this.#wanted = end;
      if (joined.length >= end) {
        this.push(joined.subarray(0, end));
        this.#wanted = LENGTH_BYTES;
      }
      const rest = joined.length >= end ? joined.subarray(end) : joined;
      this.#parts = rest.length > 0 ? [rest] : [];
      this.#held = rest.length;
    }
    done();
  }
}
