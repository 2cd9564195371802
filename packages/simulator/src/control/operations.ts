import type { Console } from "../console/console.js";
import { JoinRefused, type LeaveReason } from "../players/presence.js";
import type { Game } from "../server/game.js";
import type { PlayerState } from "../world/player-state.js";
import type { ControlRequest, PlayerStatus, ServerStatus } from "./control-protocol.js";

export interface OperationParts {
  game: Game;
  console: Console;
  gamePort: () => number;
  rconPort: () => number | undefined;
  /** Lets so many ticks pass at once. */
  step: (ticks: number) => void;
  exitNow: (code: number) => never;
}

const LEAVE_REASONS: readonly string[] = [
  "quit",
  "dropped",
  "afk",
  "cannot_keep_up",
  "switching_servers",
] satisfies LeaveReason[];
const MAX_STEP = 1_000_000;

/** What can be asked of a running simulator. Everything that touches the map waits for the next tick. */
export class ControlOperations {
  constructor(private readonly parts: OperationParts) {}

  async execute(request: ControlRequest): Promise<unknown> {
    switch (request.op) {
      case "status":
        return this.status();
      case "players":
        return this.parts.game.world.players.map((player) => this.playerStatus(player));
      case "view":
        return { lines: this.parts.game.views.view(this.knownPlayer(request).name) };
      case "join":
        return this.join(textOf(request, "name"));
      case "leave":
        return this.leave(textOf(request, "name"), request["reason"]);
      case "chat":
        return this.chat(request);
      case "step":
        return this.step(numberOf(request, "ticks"));
      case "speed":
        return this.setSpeed(numberOf(request, "factor"));
      case "fault":
        return this.fault(textOf(request, "name"), textOf(request, "value"));
      default:
        throw new Error(`unknown operation ${request.op}`);
    }
  }

  private status(): ServerStatus {
    const { game, gamePort, rconPort } = this.parts;
    return {
      version: game.personality.versionText,
      save: game.saver.defaultPath ?? null,
      tick: game.world.tick,
      speed: game.world.speed,
      isPaused: game.settings.autoPause && game.world.connectedPlayers().length === 0,
      state: game.managerState.current,
      gamePort: gamePort(),
      rconPort: rconPort() ?? null,
      players: game.world.players.map((player) => this.playerStatus(player)),
    };
  }

  private playerStatus(player: PlayerState): PlayerStatus {
    return {
      index: player.index,
      name: player.name,
      isConnected: player.connected,
      isAdmin: this.parts.game.lists.admins.has(player.name),
      surface: player.surface,
      position: player.position,
    };
  }

  private async join(name: string): Promise<PlayerStatus> {
    if (!/^[\w.-]{1,60}$/.test(name)) throw new Error("player names consist of letters, digits, _ . -");
    try {
      return this.playerStatus(await this.parts.game.presence.join(name));
    } catch (error) {
      if (error instanceof JoinRefused) throw new Error(`refused: ${error.message}`, { cause: error });
      throw error;
    }
  }

  private async leave(name: string, reason: unknown): Promise<unknown> {
    const wanted = typeof reason === "string" ? reason : "quit";
    if (!LEAVE_REASONS.includes(wanted)) throw new Error(`reasons: ${LEAVE_REASONS.join(", ")}`);
    const hasLeft = await this.parts.game.presence.leave(name, wanted as LeaveReason);
    if (!hasLeft) throw new Error(`${name} is not in the game`);
    return {};
  }

  /** Text with a leading slash is a command that this player enters. */
  private chat(request: ControlRequest): Promise<unknown> {
    const text = textOf(request, "text");
    const player = this.knownPlayer(request);
    if (!player.connected) throw new Error(`${player.name} is not in the game`);
    return this.inTick(() => {
      player.lastActive = this.parts.game.world.tick;
      const reply = (line: string): void => this.parts.game.views.show([player], line);
      this.parts.console.execute(text, { kind: "player", player, reply });
      return {};
    });
  }

  private step(ticks: number): Promise<unknown> {
    if (!Number.isInteger(ticks) || ticks < 1 || ticks > MAX_STEP) throw new Error(`1 to ${MAX_STEP} ticks`);
    return this.inTick(() => {
      this.parts.step(ticks);
      return { tick: this.parts.game.world.tick };
    });
  }

  private setSpeed(factor: number): unknown {
    if (!(factor >= 0.01 && factor <= 100)) throw new Error("speed is 0.01 to 100");
    this.parts.game.world.speed = factor;
    return {};
  }

  private fault(name: string, value: string): Promise<unknown> | unknown {
    const { game } = this.parts;
    if (name === "exit-now") return this.parts.exitNow(Number(value));
    if (name === "stdout-flood") {
      for (let line = 1; line <= Math.min(Number(value), 10_000_000); line++) game.log.bare(`flood ${line}`);
      return {};
    }
    if (name === "hang-lua") {
      // Like an endless loop in a script: the main thread never comes back, only SIGKILL helps.
      setTimeout(() => {
        for (;;);
      }, 10);
      return {};
    }
    if (!game.faults.set(name, value)) throw new Error(`unknown fault ${name} ${value}`);
    return {};
  }

  private knownPlayer(request: ControlRequest): PlayerState {
    const name = textOf(request, "name");
    const player = this.parts.game.world.findPlayer(name);
    if (!player) throw new Error(`${name} was never on this map`);
    return player;
  }

  private inTick<T>(run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const isQueued = this.parts.game.loop.enqueue({ run: () => resolve(run()), advancesTick: false });
      if (!isQueued) reject(new Error("too much is waiting"));
    });
  }
}

function textOf(request: ControlRequest, field: string): string {
  const value = request[field];
  if (typeof value !== "string" || value === "") throw new Error(`${field} is missing`);
  return value;
}

function numberOf(request: ControlRequest, field: string): number {
  const value = request[field];
  if (typeof value !== "number") throw new Error(`${field} must be a number`);
  return value;
}
