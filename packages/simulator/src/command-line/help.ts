import type { Personality } from "../server/personality.js";
import { formatMapVersion } from "../game-version.js";

/** The four lines of `--version` (facts §1.2). */
export function versionText(personality: Personality): string {
  const label = personality.isTwo ? "Version" : "Binary version";
  return [
    `Version: ${personality.versionText} (build ${personality.build}, ${personality.platform}, headless)`,
    `${label}: 64`,
    `Map input version: ${personality.isTwo ? "1.0.0-0" : "0.18.0-0"}`,
    `Map output version: ${formatMapVersion(personality.version)}`,
  ].join("\n");
}

export const HELP_TEXT = `General options:
  -h [ --help ]                     display help
  --version                         show version information
  -v [ --verbose ]                  enable verbose logging
  -c [ --config ] PATH              config file to use
  --no-log-rotation                 don't rotate current log file
  --mod-directory PATH              mod directory to use
  --executable-path PATH            override autodetected __PATH__executable

Running options:
  --create FILE                     create a new map
  --start-server FILE               start a multiplayer server
  --start-server-load-scenario ARG  start a server and load the scenario [MOD/]NAME
  --start-server-load-latest        start a server and load the latest save
  --until-tick TICK                 run until given map tick
  --enable-lua-udp PORT             allow Lua to use UDP on the given port

Server options:
  --port N                          network port to use
  --bind ADDRESS[:PORT]             IP address (and optionally port) to bind to
  --rcon-port N                     port to use for RCON
  --rcon-bind ADDRESS:PORT          IP address and port to use for RCON
  --rcon-password PASSWORD          password for RCON
  --server-settings FILE            path to file with server settings
  --use-authserver-bans [BOOL]      verify that connecting players are not banned
  --use-server-whitelist [BOOL]     use the whitelist
  --server-whitelist FILE           path to file with the whitelist
  --server-banlist FILE             path to file with the banlist
  --server-adminlist FILE           path to file with the admin list
  --console-log FILE                path to the console log file
  --server-id FILE                  path where the server ID is stored

This is the Switchyard simulator of a Factorio server, not the game. Its own tool: factorio-sim sim-help`;

export const TOOL_HELP_TEXT = `factorio-sim: the Switchyard simulator of a Factorio server

  factorio-sim install DIR [--version 2.0.77]   make DIR a Factorio directory that runs the simulator
  factorio-sim ctl WRITE_DIR COMMAND...         play on a running simulator
  factorio-sim [GAME ARGUMENTS]                 behave as the game's own binary (see --help)

ctl commands (add --json for programs):
  status | players
  join NAME | leave NAME [REASON] | chat NAME TEXT...
  view NAME                    what this player has seen
  wait-print TEXT [--timeout SECONDS]
  step TICKS | speed FACTOR
  fault NAME VALUE             delay-save MS, fail-save ENOSPC|off, drop-rcon N, reorder-rcon on|off,
                               segment-pacing on|off, missing-leave on|off, stdout-flood LINES, hang-lua on,
                               exit-now CODE`;
