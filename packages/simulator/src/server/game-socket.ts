import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { StartFailure, systemCode } from "../errors.js";

/** The game's UDP port: really bound, so that two servers on one port clash, but nobody answers on it. */
export class GameSocket {
  private constructor(
    private readonly socket: Socket,
    readonly port: number,
  ) {}

  static bind(address: string, port: number): Promise<GameSocket> {
    return new Promise((resolve, reject) => {
      const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
      socket.once("error", (error) => reject(bindFailure(error)));
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners("error");
        socket.on("error", () => undefined);
        socket.unref();
        resolve(new GameSocket(socket, socket.address().port));
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(resolve));
  }
}

function bindFailure(error: unknown): Error {
  if (systemCode(error) === "EADDRINUSE")
    return new StartFailure("Host address is already in use.", "multiplayer-manager");
  if (systemCode(error) === "EACCES")
    return new StartFailure("Binding IPv4 socket failed: Permission denied", "multiplayer-manager");
  const text = error instanceof Error ? error.message : String(error);
  return new StartFailure(`Binding IPv4 socket failed: ${text}`, "multiplayer-manager");
}
