import { createSocket, type Socket } from "node:dgram";

const MAX_QUEUED = 1000;
/** Larger datagrams vanish silently on Linux (facts-2 §7). */
const MAX_DATAGRAM_BYTES = 1472;

export interface ReceivedDatagram {
  payload: Buffer;
  sourcePort: number;
}

/** The one socket of `--enable-lua-udp`, on localhost only. Without the option everything is a no-op. */
export class LuaUdp {
  private socket: Socket | undefined;
  private queue: ReceivedDatagram[] = [];

  /** Errors of the bind surface as a silent socket: the game's own behaviour is not established. */
  open(port: number | undefined): void {
    if (port === undefined) return;
    const socket = createSocket("udp4");
    socket.on("error", () => undefined);
    socket.on("message", (payload, source) => {
      if (this.queue.length < MAX_QUEUED) this.queue.push({ payload, sourcePort: source.port });
    });
    socket.bind({ address: "127.0.0.1", port });
    socket.unref();
    this.socket = socket;
  }

  send(port: number, data: Buffer): void {
    if (data.length > MAX_DATAGRAM_BYTES) return;
    this.socket?.send(data, port, "127.0.0.1");
  }

  take(): ReceivedDatagram[] {
    return this.queue.splice(0);
  }

  close(): void {
    this.socket?.close();
    this.socket = undefined;
  }
}
