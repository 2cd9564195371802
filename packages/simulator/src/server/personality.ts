import {
  compareGameVersions,
  formatGameVersion,
  parseGameVersion,
  type GameVersion,
} from "../game-version.js";

/** Where a log line claims to come from; the numbers differ with the game's version and mean nothing. */
export type LogSource =
  | "stateChange"
  | "managerFailed"
  | "managerQuitting"
  | "managerDisconnecting"
  | "managerDeleting"
  | "peerState"
  | "disconnectNotification"
  | "autoSavingMap"
  | "synchronizer"
  | "peerAdd"
  | "peerRemove"
  | "routerReply"
  | "playerJoin"
  | "rconStart"
  | "rconConnection"
  | "rconReadFailed"
  | "rconParse"
  | "segments"
  | "udpOpen"
  | "udpBroadcast"
  | "udpClosing"
  | "udpClosed"
  | "playerDataLocal"
  | "playerDataCloud"
  | "mapVersion"
  | "featureFlag"
  | "savingTo"
  | "savingGame"
  | "savingFinished"
  | "savingMap"
  | "savingProgress"
  | "exception"
  | "utilError"
  | "hostingFailed"
  | "exitPoint"
  | "verification"
  | "matchingFailed"
  | "stdin"
  | "fileUtil"
  | "saveFailed";

/** [2.0, 1.1], from the captures of facts §3; lines without a 1.1 capture carry the 2.0 number. */
const SOURCES: Record<LogSource, readonly [string, string]> = {
  stateChange: ["ServerMultiplayerManager.cpp:808", "ServerMultiplayerManager.cpp:780"],
  managerFailed: ["ServerMultiplayerManager.cpp:84", "ServerMultiplayerManager.cpp:92"],
  managerQuitting: ["ServerMultiplayerManager.cpp:146", "ServerMultiplayerManager.cpp:138"],
  managerDisconnecting: ["ServerMultiplayerManager.cpp:119", "ServerMultiplayerManager.cpp:111"],
  managerDeleting: ["ServerMultiplayerManager.cpp:166", "ServerMultiplayerManager.cpp:158"],
  peerState: ["ServerMultiplayerManager.cpp:968", "ServerMultiplayerManager.cpp:943"],
  disconnectNotification: ["ServerMultiplayerManager.cpp:1084", "ServerMultiplayerManager.cpp:1064"],
  autoSavingMap: ["ServerMultiplayerManager.cpp:1228", "ServerMultiplayerManager.cpp:1196"],
  synchronizer: ["ServerSynchronizer.cpp:22", "ServerSynchronizer.cpp:29"],
  peerAdd: ["ServerSynchronizer.cpp:594", "ServerSynchronizer.cpp:608"],
  peerRemove: ["ServerSynchronizer.cpp:613", "ServerSynchronizer.cpp:627"],
  routerReply: ["ServerRouter.cpp:465", "ServerRouter.cpp:445"],
  playerJoin: ["GameActionHandler.cpp:5245", "GameActionHandler.cpp:4996"],
  rconStart: ["RemoteCommandProcessor.cpp:126", "RemoteCommandProcessor.cpp:130"],
  rconConnection: ["RemoteCommandProcessor.cpp:245", "RemoteCommandProcessor.cpp:252"],
  rconReadFailed: ["RemoteCommandProcessor.cpp:326", "RemoteCommandProcessor.cpp:326"],
  rconParse: ["RemoteCommandProcessor.cpp:297", "RemoteCommandProcessor.cpp:297"],
  segments: ["CommandLineMultiplayer.cpp:292", "CommandLineMultiplayer.cpp:276"],
  udpOpen: ["UDPSocket.cpp:38", "UDPSocket.cpp:27"],
  udpBroadcast: ["UDPSocket.cpp:50", "UDPSocket.cpp:39"],
  udpClosing: ["UDPSocket.cpp:238", "UDPSocket.cpp:218"],
  udpClosed: ["UDPSocket.cpp:268", "UDPSocket.cpp:248"],
  playerDataLocal: ["PlayerData.cpp:64", "PlayerData.cpp:72"],
  playerDataCloud: ["PlayerData.cpp:71", "PlayerData.cpp:77"],
  mapVersion: ["Scenario.cpp:154", "Scenario.cpp:196"],
  featureFlag: ["ModManager.cpp:449", "ModManager.cpp:449"],
  savingTo: ["AppManager.cpp:310", "AppManager.cpp:287"],
  savingGame: ["AppManager.cpp:416", "AppManager.cpp:394"],
  savingFinished: ["AppManager.cpp:419", "AppManagerStates.cpp:1802"],
  savingMap: ["MainLoop.cpp:437", "MainLoop.cpp:415"],
  savingProgress: ["MainLoop.cpp:448", "MainLoop.cpp:426"],
  exception: ["MainLoop.cpp:1488", "MainLoop.cpp:1285"],
  utilError: ["Util.cpp:81", "Util.cpp:83"],
  hostingFailed: ["CommandLineMultiplayer.cpp:364", "CommandLineMultiplayer.cpp:355"],
  exitPoint: ["CommandLineMultiplayer.cpp:211", "CommandLineMultiplayer.cpp:205"],
  verification: ["CommandLineMultiplayer.cpp:183", "CommandLineMultiplayer.cpp:183"],
  matchingFailed: ["ServerMultiplayerManager.cpp:633", "ServerMultiplayerManager.cpp:633"],
  stdin: ["InterruptibleStdioStream.cpp:55", "InterruptibleStdioStream.cpp:61"],
  fileUtil: ["FileUtil.cpp:527", "FileUtil.cpp:511"],
  saveFailed: ["AppManager.cpp:431", "AppManager.cpp:410"],
};

const KNOWN_BUILDS: Readonly<Record<string, number>> = { "2.0.77": 84539, "2.0.55": 83138, "1.1.109": 62320 };

/** What differs between the versions of the game that one simulator can stand in for. */
export class Personality {
  readonly versionText: string;
  /** 2.0 and later: `storage`, `helpers`, `prototypes`, feature flags, `__level__` chunk names. */
  readonly isTwo: boolean;
  readonly build: number;

  constructor(
    readonly version: GameVersion,
    /** True when the expansion's data lies in the install; shows in the banner of 2.0. */
    readonly hasExpansion: boolean,
    readonly platform: "linux64" | "win64" | "mac-arm64" = platformName(),
  ) {
    this.versionText = formatGameVersion(version);
    this.isTwo = version.major >= 2;
    this.build =
      KNOWN_BUILDS[this.versionText] ??
      60_000 + version.major * 10_000 + version.minor * 1_000 + version.patch * 10;
  }

  source(name: LogSource): string {
    return SOURCES[name][this.isTwo ? 0 : 1];
  }

  /** The tick that stands for "no tick yet" in state lines (facts §3.3). */
  get sentinelTick(): string {
    return this.isTwo ? "18446744073709551615" : "4294967295";
  }

  get flavour(): string {
    return this.isTwo && this.hasExpansion ? "headless, space-age" : "headless";
  }

  get storageName(): "storage" | "global" {
    return this.isTwo ? "storage" : "global";
  }

  isAtLeast(text: string): boolean {
    const other = parseGameVersion(text);
    return other !== undefined && compareGameVersions(this.version, other) >= 0;
  }
}

function platformName(): "linux64" | "win64" | "mac-arm64" {
  if (process.platform === "win32") return "win64";
  return process.platform === "darwin" ? "mac-arm64" : "linux64";
}
