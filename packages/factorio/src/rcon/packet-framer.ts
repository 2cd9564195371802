import { Transform, type TransformCallback } from "node:stream";
import { PacketCutter } from "./packet-cutter.js";

/**
 * Cuts the socket's bytes into whole packets, each with its length field, as rcon-client's own splitter does. That one copies
 * everything it holds for every chunk (50 MB take 7 s), loops forever on a negative length and buffers without limit on a
 * huge one; this one joins a packet once and ends with an error on a length that no game sends.
 */
export class PacketFramer extends Transform {
  /** Whoever takes the stream over in the middle of it goes on with this. */
  readonly cutter: PacketCutter;

  constructor(maxPacketBytes: number) {
    super({ readableObjectMode: true });
    this.cutter = new PacketCutter(maxPacketBytes, (bytes, start, end) => {
      this.push(bytes.subarray(start, end));
    });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.cutter.push(chunk);
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
