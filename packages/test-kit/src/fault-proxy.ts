import { createConnection, createServer, type AddressInfo, type Server, type Socket } from "node:net";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  readonly lines: DelayLine[];
}

/** How much one direction of one connection may hold back while it is delayed; then it is not read for a while. */
const MAX_DELAYED_BYTES = 16 * 1024 * 1024;

/** A TCP proxy on 127.0.0.1 that does to connections what bad networks do. */
export class FaultProxy {
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;
  #isCut = false;
  #isHalfOpen = false;
  #delayMs = 0;
  /** Bytes that came through, both ways. */
  bytes = 0;
  /** Connections that came, also those that were refused. */
  connections = 0;

  /** Listens and forwards to the port; resolves with the proxy's own port. */
  async listen(target: { port: number; host?: string }): Promise<number> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (near) =>
      this.#connect(near, target),
    );
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  /** Open connections. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Closes all connections and refuses new ones until `heal`. */
  cut(): void {
    this.#isCut = true;
    for (const pair of [...this.#pairs]) this.#end(pair, (socket) => socket.destroy());
  }

  /** Nothing comes through and nobody is told, for present and new connections, until `heal`. No byte is lost by it. */
  halfOpen(): void {
    this.#isHalfOpen = true;
    for (const { near, far } of this.#pairs) {
      near.pause();
      far.pause();
    }
  }

  /** Aborts all connections with RST. New ones are taken. */
  reset(): void {
    for (const pair of [...this.#pairs]) this.#end(pair, (socket) => socket.resetAndDestroy());
  }

  /** Each chunk takes this much longer, in each direction, from now on. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Ends `cut`, `halfOpen` and `delay`. */
  heal(): void {
    this.#isCut = false;
    this.#isHalfOpen = false;
    this.#delayMs = 0;
    for (const { near, far } of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  async close(): Promise<void> {
    this.cut();
    const server = this.#server;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #connect(near: Socket, target: { port: number; host?: string }): void {
    this.connections += 1;
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = createConnection({
      port: target.port,
      host: target.host ?? "127.0.0.1",
      allowHalfOpen: true,
    });
    const pair: Pair = { near, far, lines: [] };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true);
      this.#forward(pair, from, to);
    }
    if (this.#isHalfOpen) far.pause();
    else near.resume();
  }

  #forward(pair: Pair, from: Socket, to: Socket): void {
    const line = new DelayLine({
      write: (chunk) => {
        if (!to.destroyed && !to.write(chunk)) from.pause();
      },
      end: () => to.end(),
    });
    pair.lines.push(line);
    const resume = () => {
      if (!this.#isHalfOpen && line.bytes < MAX_DELAYED_BYTES) from.resume();
    };
    from.on("data", (chunk: Buffer) => {
      this.bytes += chunk.length;
      line.push(chunk, this.#delayMs);
      if (line.bytes >= MAX_DELAYED_BYTES) from.pause();
    });
    line.onEmpty = resume;
    to.on("drain", resume);
    from.on("end", () => line.push("end", this.#delayMs));
    from.on("error", () => this.#end(pair, (socket) => socket.destroy()));
    from.on("close", () => this.#end(pair, (socket) => socket.destroy()));
  }

  #end(pair: Pair, end: (socket: Socket) => void): void {
    if (!this.#pairs.delete(pair)) return;
    for (const line of pair.lines) line.stop();
    end(pair.near);
    end(pair.far);
  }
}

type Item = Buffer | "end";

/** One direction of a connection; what goes in comes out in the same order, even when the delay is changed. */
class DelayLine {
  bytes = 0;
  onEmpty: () => void = () => {};
  readonly #items: { item: Item; dueAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly out: { write(chunk: Buffer): void; end(): void }) {}

  push(item: Item, delayMs: number): void {
    if (delayMs === 0 && this.#items.length === 0) {
      this.#emit(item);
      return;
    }
    this.bytes += item.length;
    this.#items.push({ item, dueAt: performance.now() + delayMs });
    this.#timer ??= setTimeout(() => this.#flush(), delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#items.length = 0;
  }

  #flush(): void {
    this.#timer = undefined;
    for (let next = this.#items[0]; next; next = this.#items[0]) {
      const waitMs = next.dueAt - performance.now();
      // Timers may be up to a millisecond early.
      if (waitMs > 1) {
        this.#timer = setTimeout(() => this.#flush(), waitMs);
        return;
      }
      this.#items.shift();
      this.bytes -= next.item.length;
      this.#emit(next.item);
    }
    this.onEmpty();
  }

  #emit(item: Item): void {
    if (item === "end") this.out.end();
    else this.out.write(item);
  }
}
