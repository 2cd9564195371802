import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import type { GameOptions } from "../command-line/options.js";
import { Console } from "../console/console.js";
import { SERVER_NAME } from "../console/command-source.js";
import { ControlServer } from "../control/control-server.js";
import { Faults } from "../control/faults.js";
import { ControlOperations } from "../control/operations.js";
import { ScriptCrash, StartFailure } from "../errors.js";
import { Chat } from "../players/chat.js";
import { Presence } from "../players/presence.js";
import { Views } from "../players/views.js";
import { RconServer } from "../rcon/rcon-server.js";
import { Saver } from "../saves/saver.js";
import type { SaveFile } from "../saves/save-file.js";
import { DEFINES } from "../script/defines.js";
import { NO_SCRIPT } from "../script/no-script.js";
import type { ScriptHost } from "../script/script-host.js";
import { World } from "../world/world.js";
import type { Game, ServerLists, StopReason } from "./game.js";
import { GameSocket } from "./game-socket.js";
import { BanList, NameList } from "./name-lists.js";
import type { GamePaths } from "./paths.js";
import type { Personality } from "./personality.js";
import type { ServerLog } from "./server-log.js";
import type { ServerSettings } from "./server-settings.js";
import { type ManagerStateLine } from "./state-line.js";
import { StdinReader } from "./stdin.js";
import { TickLoop } from "./tick-loop.js";

export type GameEnd = StopReason | { kind: "script-crash"; crash: ScriptCrash };

export interface GameServerOptions {
  options: GameOptions;
  personality: Personality;
  paths: GamePaths;
  log: ServerLog;
  settings: ServerSettings;
  mods: Readonly<Record<string, string>>;
  save: SaveFile;
  managerState: ManagerStateLine;
  stdin: Readable;
  cwd: string;
  /** Builds the level's script once the rest of the game stands. */
  startScript: (
    game: Game,
    save: SaveFile,
    isNewMap: boolean,
    udpPort: number | undefined,
  ) => Promise<ScriptHost>;
}

/** One hosted map: owns every part and the order in which they come up and go down. */
export class GameServer {
  readonly game: Game;
  /** Settles when something ends the game; the caller then runs the matching shutdown. */
  readonly ended: Promise<GameEnd>;
  /** False until the level's script is up; before that state lines have no tick. */
  hasMap = false;
  private end: (reason: GameEnd) => void = () => undefined;
  private readonly console: Console;
  private readonly control: ControlServer;
  private readonly stdin: StdinReader;
  private rcon: RconServer | undefined;
  private rconPort: number | undefined;
  private socket: GameSocket | undefined;
  private lastAutosaveTick = 0;

  constructor(private readonly parts: GameServerOptions) {
    this.ended = new Promise((settle) => (this.end = settle));
    this.game = this.assemble();
    this.console = new Console(this.game);
    const operations = new ControlOperations({
      game: this.game,
      console: this.console,
      gamePort: () => this.socket?.port ?? 0,
      rconPort: () => this.rconPort,
      step: (ticks) => this.step(ticks),
      // A death without any clean-up, as after a crash: the lock, the control file and half a save stay behind.
      exitNow: (code) => process.exit(code),
    });
    this.control = new ControlServer(parts.paths.writeData, (request) => operations.execute(request));
    this.stdin = new StdinReader(this.game, this.console, parts.stdin);
    this.game.views.onShown((line) => this.control.publish({ event: "print", ...line }));
    this.game.log.onDated((text) => this.control.publish({ event: "print", player: SERVER_NAME, text }));
  }

  /** Brings up the level's script: `on_init` on a new map, else `on_load`. Throws `StartFailure`. */
  async loadScript(): Promise<void> {
    const { save } = this.parts;
    this.game.script.current = await this.parts.startScript(
      this.game,
      save,
      save.world === undefined,
      this.parts.options.luaUdpPort,
    );
  }

  /** From the loaded script up to "Starting RCON interface" (facts §3.2). Throws `StartFailure`. */
  async start(): Promise<void> {
    const { log, managerState, settings, presence, loop, world } = this.game;
    const { options } = this.parts;
    this.hasMap = true;
    presence.dropGhosts();
    this.lastAutosaveTick = world.tick;
    log.info("udpOpen", `Opening socket at (IP ADDR:({${options.bindAddress}:${options.port}}))`);
    this.socket = await GameSocket.bind(options.bindAddress, options.port);
    await this.control.start();
    log.engine(`Hosting game at IP ADDR:({${options.bindAddress}:${this.socket.port}})`);
    managerState.change("InGame");
    if (settings.visibility.lan) log.info("udpBroadcast", "Opening socket for broadcast");
    await this.startRcon();
    log.info(
      "segments",
      `Maximum segment size = ${settings.maximumSegmentSize}; minimum segment size = ${settings.minimumSegmentSize}; maximum-segment-size peer count = ${settings.maximumSegmentSizePeers}; minimum-segment-size peer count = ${settings.minimumSegmentSizePeers}`,
    );
    if (settings.visibility.public) {
      log.error(
        "matchingFailed",
        "Matching server connection failed: Error when creating server game: Missing token.",
      );
    }
    this.stdin.start();
    loop.start();
  }

  /** No more ticks, input or connections; the map stays as it is so that it can be saved. */
  async halt(): Promise<void> {
    this.stdin.stop();
    await this.game.loop.stop();
    await this.game.saver.idle();
    this.game.presence.dispose();
  }

  async closeSockets(): Promise<void> {
    await this.rcon?.close();
    this.rcon = undefined;
    await this.control.close();
    await this.socket?.close();
    this.socket = undefined;
    this.game.script.current.close();
    this.game.script.current = NO_SCRIPT;
  }

  private async startRcon(): Promise<void> {
    const { rconBind, rconPassword } = this.parts.options;
    if (!rconBind || !rconPassword) return;
    const rcon = new RconServer(this.game, this.console, rconPassword);
    try {
      this.rconPort = await rcon.listen(rconBind.address, rconBind.port);
    } catch (error) {
      const reason =
        error instanceof Error && error.message.includes("EACCES")
          ? "Permission denied"
          : "Address already in use";
      throw new StartFailure(`Hosting multiplayer game failed: Can't bind socket: ${reason}`, "command-line");
    }
    this.rcon = rcon;
    const at = `IP ADDR:({${rconBind.address}:${this.rconPort}})`;
    this.game.log.info("rconStart", `Starting RCON interface at ${at}`);
  }

  private assemble(): Game {
    const { personality, paths, log, settings, mods, save, managerState } = this.parts;
    const seed = this.parts.options.mapGenSeed ?? Math.floor(Math.random() * 0xffffffff);
    const world = save.world ? World.fromFile(save.world) : new World(seed);
    // Campaigns are written for the one player they have.
    if (!save.world && save.isCampaign) world.createPlayer("player");
    const script = { current: NO_SCRIPT };
    const views = new Views();
    const faults = new Faults();
    const startedAtMs = performance.now();
    const saver = new Saver({
      log,
      personality,
      world,
      save,
      savesDirectory: join(paths.writeData, "saves"),
      mods: { ...mods },
      faults,
      serializeStorage: () => script.current.serializeStorage(),
    });
    const loop = new TickLoop({
      isPaused: () => settings.autoPause && world.connectedPlayers().length === 0,
      advance: () => this.advance(),
      flush: () => this.rcon?.flush(),
      speed: () => world.speed,
      onFailure: (error) => this.fail(error),
    });
    const game: { -readonly [K in keyof Game]?: Game[K] } = {
      personality,
      paths,
      log,
      settings,
      mods,
      world,
      loop,
      faults,
      views,
      saver,
      managerState,
      script,
      defines: DEFINES,
      lists: this.readLists(),
      chat: new Chat({ log, world, views, script: () => script.current }),
      heartbeat: () => Math.floor(((performance.now() - startedAtMs) * 60) / 1000),
      requestStop: (reason) => this.end(reason),
    };
    const complete = game as Game;
    game.presence = new Presence(complete);
    return complete;
  }

  private readLists(): ServerLists {
    const { options, paths, cwd } = this.parts;
    const path = (given: string | undefined, name: string): string =>
      given ? resolve(cwd, given) : join(paths.writeData, name);
    return {
      admins: new NameList(path(options.adminList, "server-adminlist.json"), true),
      bans: new BanList(path(options.banList, "server-banlist.json")),
      whitelist: new NameList(path(options.whitelist, "server-whitelist.json"), options.useWhitelist),
      useWhitelist: options.useWhitelist,
    };
  }

  private advance(): void {
    const { world, script, settings, saver, loop } = this.game;
    if (world.tickPaused) return;
    script.current.tick();
    world.tick++;
    world.ticksPlayed++;
    for (const player of world.connectedPlayers()) player.onlineTime++;
    if (
      settings.autosaveInterval > 0 &&
      world.tick - this.lastAutosaveTick >= settings.autosaveInterval * 3600
    ) {
      this.lastAutosaveTick = world.tick;
      loop.block(saver.autosave(settings.autosaveSlots));
    }
    if (world.tick === this.parts.options.untilTick) this.end({ kind: "until-tick" });
  }

  private step(ticks: number): void {
    for (let count = 0; count < ticks; count++) this.advance();
  }

  private fail(error: unknown): void {
    if (error instanceof ScriptCrash) return this.end({ kind: "script-crash", crash: error });
    // A bug of the simulator: no sequence of the game fits, so it ends like a crash of the process.
    setImmediate(() => {
      throw error;
    });
  }
}
