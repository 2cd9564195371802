import type { Socket } from "node:net";

const TYPE_COMMAND = 2;
/** Length, id, type and the two NULs. */
const FRAME_BYTES = 14;
/** A batch is written no later than at this size, which is also where a socket asks for a pause. */
const BATCH_BYTES = 16 * 1024;

/** Writes the commands of one turn of the program in one go: a write costs as much as all the rest of a command. */
export class PacketWriter {
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #isScheduled = false;

  constructor(private readonly socket: Socket) {}

  /** `bytes` is the length of the text in UTF-8. */
  write(id: number, text: string, bytes: number): void {
    const packet = Buffer.allocUnsafe(FRAME_BYTES + bytes);
    packet.writeInt32LE(FRAME_BYTES - 4 + bytes, 0);
    packet.writeInt32LE(id, 4);
    packet.writeInt32LE(TYPE_COMMAND, 8);
    packet.write(text, 12, bytes, "utf8");
    packet.writeInt16LE(0, 12 + bytes);
    if (packet.length >= BATCH_BYTES) this.flush(); // rather than be copied into a batch
    this.#batch.push(packet);
    this.#batchBytes += packet.length;
    if (this.#batchBytes >= BATCH_BYTES) this.flush();
    else this.#schedule();
  }

  /** A no-op on a socket that is gone. */
  flush(): void {
    const batch = this.#batch;
    if (batch.length === 0) return;
    const bytes = batch.length === 1 && batch[0] ? batch[0] : Buffer.concat(batch, this.#batchBytes);
    this.#batch = [];
    this.#batchBytes = 0;
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Before the program waits for anything again, but after the callers of one read's replies had their turn. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }
}
