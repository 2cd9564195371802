import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "../zip/zip-entry.js";
import type { Game } from "../server/game.js";
import type { PlayerState } from "../world/player-state.js";

/** Names of `defines.disconnect_reason` that can happen here. */
export type LeaveReason =
  "quit" | "dropped" | "kicked" | "banned" | "afk" | "cannot_keep_up" | "switching_servers";

const LEAVE_SAVE_DELAY_MS = 1000;
const PEER_STATES = [
  "ConnectedWaitingForMap",
  "ConnectedDownloadingMap",
  "ConnectedLoadingMap",
  "TryingToCatchUp",
  "WaitingForCommandToStartSendingTickClosures",
] as const;

/** Why a player may not join, in the game's names (facts-2 §3.1). */
export class JoinRefused extends Error {}

/** Players coming and going, with the line sequences of facts §3.4 and facts-2 §3.2, §3.3. */
export class Presence {
  private nextPeer = 1;
  private readonly peers = new Map<string, number>();
  private leaveSaveTimer: NodeJS.Timeout | undefined;

  constructor(private readonly game: Game) {}

  dispose(): void {
    clearTimeout(this.leaveSaveTimer);
  }

  /** Resolves once the player is in the game; rejects `JoinRefused`. */
  join(name: string): Promise<PlayerState> {
    return new Promise((resolve, reject) => {
      this.nextTick(() => {
        const address = `IP ADDR:({127.0.0.1:${50_000 + (this.nextPeer % 10_000)}})`;
        const { log } = this.game;
        log.engine(`ConnectionRequestReplyConfirm (type(ConnectionRequestReplyConfirm) ) from(${address})`);
        const refusal = this.refusalFor(name);
        if (refusal) {
          log.engine(`Refusing connection for address (${address}), username (${name}). ${refusal}`);
          return reject(new JoinRefused(refusal));
        }
        log.info("routerReply", `Replying to connectionRequest for address(${address}).`);
        const peer = this.nextPeer++;
        this.peers.set(name.toLowerCase(), peer);
        this.serveMap(peer);
        this.nextTick(() => this.nextTick(() => resolve(this.enter(name, peer))));
      });
    });
  }

  /** False when nobody of that name is in the game. */
  leave(name: string, reason: LeaveReason): Promise<boolean> {
    return new Promise((resolve) => {
      this.nextTick(() => {
        const player = this.game.world.findPlayer(name);
        if (!player?.connected) return resolve(false);
        this.remove(player, reason);
        resolve(true);
      });
    });
  }

  /** Leaving at once, inside the current tick (kicks and bans). */
  remove(player: PlayerState, reason: LeaveReason): void {
    const { log, world, script, faults } = this.game;
    const peer = this.peers.get(player.name.toLowerCase()) ?? 0;
    this.peers.delete(player.name.toLowerCase());
    log.info("disconnectNotification", `Disconnect notification for peer (${peer})`);
    this.peerState(peer, "InGame", "DisconnectScheduled");
    const data = { player_index: player.index, reason: this.game.defines.disconnectReason(reason) };
    script.current.raise("on_pre_player_left_game", data);
    player.connected = false;
    player.lastOnline = world.tick;
    if (!faults.missingLeave) this.game.chat.announce("LEAVE", `${player.name} left the game`);
    log.info("peerRemove", `nextHeartbeatSequenceNumber(${this.game.heartbeat()}) removing peer(${peer}).`);
    script.current.raise("on_player_left_game", data);
    if (world.connectedPlayers().length === 0) this.scheduleLeaveSave();
  }

  /** Players who were in the game when the save was written are dropped before the first tick. */
  dropGhosts(): void {
    for (const player of this.game.world.connectedPlayers()) {
      const data = { player_index: player.index, reason: this.game.defines.disconnectReason("dropped") };
      this.game.script.current.raise("on_pre_player_left_game", data);
      player.connected = false;
      this.game.script.current.raise("on_player_left_game", data);
    }
  }

  private refusalFor(name: string): string | undefined {
    const { lists, settings, world } = this.game;
    if (lists.bans.has(name)) return "UserBanned";
    if (lists.useWhitelist && !lists.whitelist.has(name) && !lists.admins.has(name))
      return "UserNotWhitelisted";
    if (this.peers.has(name.toLowerCase())) return "UserWithThatNameAlreadyInGame";
    const isFull = settings.maxPlayers > 0 && this.peers.size >= settings.maxPlayers;
    const mayReturn = settings.ignorePlayerLimitForReturning && world.findPlayer(name) !== undefined;
    return isFull && !mayReturn && !lists.admins.has(name) ? "PlayerLimitReached" : undefined;
  }

  private serveMap(peer: number): void {
    const { log, world, paths, saver, managerState } = this.game;
    log.info("peerAdd", `nextHeartbeatSequenceNumber(${this.game.heartbeat()}) adding peer(${peer})`);
    managerState.change("InGameSavingMap");
    this.peerState(peer, "Ready", "ConnectedWaitingForMap");
    const path = join(paths.writeData, "temp", `mp-save-${peer - 1}.zip`);
    const bytes = saver.encode(path);
    mkdirSync(join(paths.writeData, "temp"), { recursive: true });
    writeFileSync(path, bytes);
    const auxiliary = this.game.personality.isTwo ? " auxiliary(129)" : "";
    log.engine(
      `UpdateTick(${world.tick}) Serving map(${path}) for peer(${peer}) size(${bytes.length})${auxiliary} crc(${crc32(bytes)})`,
    );
    managerState.change("InGame");
  }

  private enter(name: string, peer: number): PlayerState {
    const { log, world, script, chat } = this.game;
    clearTimeout(this.leaveSaveTimer);
    const known = world.findPlayer(name);
    const player = known ?? world.createPlayer(name);
    PEER_STATES.slice(1).forEach((state, index) =>
      this.peerState(peer, PEER_STATES[index] ?? "Ready", state),
    );
    log.info(
      "playerJoin",
      `UpdateTick (${world.tick}) processed PlayerJoinGame peerID(${peer}) playerIndex(${player.index - 1}) mode(connect) `,
    );
    player.connected = true;
    player.lastActive = world.tick;
    if (!known) script.current.raise("on_player_created", { player_index: player.index });
    script.current.raise("on_player_joined_game", { player_index: player.index });
    this.peerState(peer, "WaitingForCommandToStartSendingTickClosures", "InGame");
    chat.announce("JOIN", `${player.name} joined the game`);
    return player;
  }

  private scheduleLeaveSave(): void {
    if (!this.game.settings.autoPause) return;
    clearTimeout(this.leaveSaveTimer);
    this.leaveSaveTimer = setTimeout(() => {
      this.nextTick(() => {
        const path = this.game.saver.defaultPath;
        if (path === undefined)
          return this.game.log.engine("Can't save to default location: Default location not known");
        this.game.log.info("autoSavingMap", `Auto saving map as ${path}`);
        this.nextTick(() => this.game.loop.block(this.game.saver.saveGame(path)));
      });
    }, LEAVE_SAVE_DELAY_MS);
  }

  private nextTick(run: () => void): void {
    this.game.loop.enqueue({ run, advancesTick: false });
  }

  private peerState(peer: number, from: string, to: string): void {
    const { log, world } = this.game;
    log.info(
      "peerState",
      `updateTick(${world.tick}) received stateChanged peerID(${peer}) oldState(${from}) newState(${to})`,
    );
  }
}
