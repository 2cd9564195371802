import { createSocket } from "node:dgram";
import { createServer, type AddressInfo } from "node:net";
import { AppError } from "@switchyard/protocol";

export interface GamePortWish {
  /** The only port that will do. */
  fixed: number | null;
  /** The one it had last. */
  sticky: number | null;
}

/**
 * Gives out ports that nobody on this machine has open. A port is held from here until `release`, so that two
 * instances that start at once do not get the same one; other programs can still be faster than the server.
 */
export class Ports {
  readonly #held = new Set<string>();

  constructor(
    private readonly range: { first: number; last: number },
    /** The address the game will listen on; empty: every address. */
    private readonly bindAddress: string,
  ) {}

  /** Throws `port-taken` for a fixed port and `queue-full` when the range has none left. `avoid`: other instances' sticky ports. */
  async takeGamePort(wish: GamePortWish, avoid: ReadonlySet<number>): Promise<number> {
    if (wish.fixed !== null) {
      if (await this.#takeUdp(wish.fixed)) return wish.fixed;
      throw new AppError("port-taken", { port: wish.fixed });
    }
    if (wish.sticky !== null && (await this.#takeUdp(wish.sticky))) return wish.sticky;
    for (const wanted of [(port: number) => !avoid.has(port), (port: number) => avoid.has(port)]) {
      for (let port = this.range.first; port <= this.range.last; port += 1) {
        if (wanted(port) && (await this.#takeUdp(port))) return port;
      }
    }
    throw new AppError("queue-full", {
      what: `the game ports ${this.range.first}-${this.range.last}`,
      count: this.range.last - this.range.first + 1,
    });
  }

  /** A free TCP port of this machine's own choice. */
  async takeRconPort(): Promise<number> {
    for (;;) {
      const port = await freeTcpPort();
      if (this.#hold(`tcp/${port}`)) return port;
    }
  }

  /** Those of a server that runs already. */
  hold(ports: { gamePort: number; rconPort: number }): void {
    this.#hold(`udp/${ports.gamePort}`);
    this.#hold(`tcp/${ports.rconPort}`);
  }

  release(ports: { gamePort?: number; rconPort?: number }): void {
    this.#held.delete(`udp/${ports.gamePort ?? 0}`);
    this.#held.delete(`tcp/${ports.rconPort ?? 0}`);
  }

  async #takeUdp(port: number): Promise<boolean> {
    if (!this.#hold(`udp/${port}`)) return false;
    if (await isUdpPortFree(port, this.bindAddress)) return true;
    this.#held.delete(`udp/${port}`);
    return false;
  }

  #hold(key: string): boolean {
    if (this.#held.has(key)) return false;
    this.#held.add(key);
    return true;
  }
}

function isUdpPortFree(port: number, bindAddress: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: bindAddress.includes(":") ? "udp6" : "udp4", reuseAddr: false });
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, exclusive: true, ...(bindAddress === "" ? {} : { address: bindAddress }) }, () =>
      socket.close(() => resolve(true)),
    );
  });
}

function freeTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1", exclusive: true }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
