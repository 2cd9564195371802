import type { Color, PlayerState, Position } from "./player-state.js";

/** What the simulator itself keeps of a map, as JSON in `switchyard-sim.json`; the storage of the level is apart. */
export interface WorldFile {
  format: 1;
  gameVersion: string;
  tick: number;
  ticksPlayed: number;
  seed: number;
  speed: number;
  tickPaused: boolean;
  consoleCommandUsed: boolean;
  replayDisabled: boolean;
  autosaveCounter: number;
  mods: Record<string, string>;
  players: PlayerState[];
  /** Absent in saves of older simulators. */
  alwaysDay?: boolean;
  forcesWithoutResearch?: string[];
}

/** The map as the simulator knows it. One writer: the game loop's thread of control. */
export class World {
  tick = 0;
  ticksPlayed = 0;
  seed: number;
  speed = 1;
  tickPaused = false;
  consoleCommandUsed = false;
  replayDisabled = false;
  /** The last autosave's number; travels in the save (facts-2 §6). */
  autosaveCounter = 0;
  readonly players: PlayerState[] = [];
  /** Of nauvis, the only surface. */
  alwaysDay = false;
  readonly forcesWithoutResearch = new Set<string>();

  constructor(seed: number) {
    this.seed = seed;
  }

  static fromFile(file: WorldFile): World {
    const world = new World(file.seed);
    world.tick = file.tick;
    world.ticksPlayed = file.ticksPlayed;
    world.speed = file.speed;
    world.tickPaused = file.tickPaused;
    world.consoleCommandUsed = file.consoleCommandUsed;
    world.replayDisabled = file.replayDisabled;
    world.autosaveCounter = file.autosaveCounter;
    world.players.push(...file.players);
    world.alwaysDay = file.alwaysDay ?? false;
    for (const force of file.forcesWithoutResearch ?? []) world.forcesWithoutResearch.add(force);
    return world;
  }

  toFile(gameVersion: string, mods: Record<string, string>): WorldFile {
    return {
      format: 1,
      gameVersion,
      tick: this.tick,
      ticksPlayed: this.ticksPlayed,
      seed: this.seed,
      speed: this.speed,
      tickPaused: this.tickPaused,
      consoleCommandUsed: this.consoleCommandUsed,
      replayDisabled: this.replayDisabled,
      autosaveCounter: this.autosaveCounter,
      mods,
      players: this.players,
      alwaysDay: this.alwaysDay,
      forcesWithoutResearch: [...this.forcesWithoutResearch],
    };
  }

  connectedPlayers(): PlayerState[] {
    return this.players.filter((player) => player.connected);
  }

  /** By name without regard to case, as everywhere in the game. */
  findPlayer(name: string): PlayerState | undefined {
    const wanted = name.toLowerCase();
    return this.players.find((player) => player.name.toLowerCase() === wanted);
  }

  /** A player who never was on this map gets the next index and stands at the spawn. */
  createPlayer(name: string): PlayerState {
    const origin: Position = { x: 0, y: 0 };
    const color: Color = { r: 0.869, g: 0.5, b: 0.13, a: 0.5 };
    const player: PlayerState = {
      index: this.players.length + 1,
      name,
      connected: false,
      force: "player",
      surface: "nauvis",
      position: origin,
      color,
      chatColor: color,
      tag: "",
      onlineTime: 0,
      lastOnline: this.tick,
      lastActive: this.tick,
    };
    this.players.push(player);
    return player;
  }
}
