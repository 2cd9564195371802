import { readFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { SimulatorError } from "../errors.js";
import {
  controlFilePath,
  LineReader,
  type ControlFile,
  type ControlPrint,
  type PlayerStatus,
  type ServerStatus,
} from "./control-protocol.js";

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * Plays on a running simulator: `await SimulatorControl.connect(writeDirectory)`. All methods reject
 * `SimulatorError`: `control-unavailable` (no simulator there), `control-refused` (it said no, with its reason),
 * `control-closed`, `control-timeout`.
 */
export class SimulatorControl {
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly printListeners = new Set<(player: string, text: string) => void>();
  private readonly closeListeners = new Set<() => void>();

  private constructor(private readonly socket: Socket) {
    const reader = new LineReader((line) => this.receive(line));
    socket.setEncoding("utf8");
    socket.setNoDelay(true);
    socket.on("data", (chunk: string) => {
      if (!reader.push(chunk)) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => this.failAll());
  }

  static async connect(writeDirectory: string): Promise<SimulatorControl> {
    const file = readControlFile(writeDirectory);
    const socket = createConnection({ host: "127.0.0.1", port: file.port });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error) => reject(unavailable(writeDirectory, error)));
    });
    const control = new SimulatorControl(socket);
    await control.request("hello", { token: file.token });
    await control.request("subscribe", {});
    return control;
  }

  status(): Promise<ServerStatus> {
    return this.request("status", {}) as Promise<ServerStatus>;
  }

  players(): Promise<PlayerStatus[]> {
    return this.request("players", {}) as Promise<PlayerStatus[]>;
  }

  /** Resolves when the player is in the game. */
  join(name: string): Promise<PlayerStatus> {
    return this.request("join", { name }) as Promise<PlayerStatus>;
  }

  /** `reason`: quit (default), dropped, afk, cannot_keep_up, switching_servers. */
  async leave(name: string, reason = "quit"): Promise<void> {
    await this.request("leave", { name, reason });
  }

  /** Text with a leading slash is a command that the player enters. */
  async chat(name: string, text: string): Promise<void> {
    await this.request("chat", { name, text });
  }

  /** What the player has seen in the chat area; the newest 1000 lines, oldest first. */
  async view(name: string): Promise<string[]> {
    const result = (await this.request("view", { name })) as { lines: string[] };
    return result.lines;
  }

  /** Lets ticks pass at once, even on a paused map; resolves with the map's tick. */
  async step(ticks: number): Promise<number> {
    const result = (await this.request("step", { ticks })) as { tick: number };
    return result.tick;
  }

  async speed(factor: number): Promise<void> {
    await this.request("speed", { factor });
  }

  async fault(name: string, value: string): Promise<void> {
    await this.request("fault", { name, value });
  }

  /** Lines shown to players, and the console's lines as player `<server>`. Returns the unsubscribe function. */
  onPrint(listener: (player: string, text: string) => void): () => void {
    this.printListeners.add(listener);
    return () => this.printListeners.delete(listener);
  }

  /** Resolves with the first line from now on that contains the text. */
  waitForPrint(text: string, timeoutMs = 10_000): Promise<{ player: string; text: string }> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        stop();
        this.closeListeners.delete(onClose);
      };
      const timer = setTimeout(() => {
        finish();
        reject(new SimulatorError("control-timeout", `Nobody was shown "${text}" within ${timeoutMs} ms.`));
      }, timeoutMs);
      const onClose = (): void => {
        finish();
        reject(new SimulatorError("control-closed", "The simulator has closed its control socket."));
      };
      const stop = this.onPrint((player, line) => {
        if (!line.includes(text)) return;
        finish();
        resolve({ player, text: line });
      });
      this.closeListeners.add(onClose);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private request(op: string, fields: Record<string, unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed)
        return reject(new SimulatorError("control-closed", "The control socket is closed."));
      const id = this.nextId++;
      this.pending.set(id, { resolve, reject });
      this.socket.write(`${JSON.stringify({ ...fields, id, op })}\n`);
    });
  }

  private receive(line: string): void {
    const message = JSON.parse(line) as Partial<ControlPrint> & {
      id?: number;
      ok?: boolean;
      result?: unknown;
      error?: string;
    };
    if (message.event === "print") {
      for (const listener of this.printListeners) listener(message.player ?? "", message.text ?? "");
      return;
    }
    const pending = this.pending.get(message.id ?? -1);
    this.pending.delete(message.id ?? -1);
    if (message.ok) pending?.resolve(message.result);
    else pending?.reject(new SimulatorError("control-refused", message.error ?? "refused"));
  }

  private failAll(): void {
    for (const { reject } of this.pending.values()) {
      reject(new SimulatorError("control-closed", "The simulator has closed its control socket."));
    }
    this.pending.clear();
    for (const listener of this.closeListeners) listener();
  }
}

function readControlFile(writeDirectory: string): ControlFile {
  try {
    return JSON.parse(readFileSync(controlFilePath(writeDirectory), "utf8")) as ControlFile;
  } catch (error) {
    throw unavailable(writeDirectory, error);
  }
}

function unavailable(writeDirectory: string, cause: unknown): SimulatorError {
  return new SimulatorError(
    "control-unavailable",
    `No simulator is running on ${writeDirectory}. Give the write directory of a running simulated instance.`,
    { cause },
  );
}
