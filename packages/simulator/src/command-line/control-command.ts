import type { PlayerStatus } from "../control/control-protocol.js";
import type { SimulatorControl } from "../control/simulator-control.js";

export interface ControlOutput {
  /** For people; may be empty. */
  text: string;
  /** For programs (`--json`). */
  value: unknown;
}

/** One `factorio-sim ctl` command; undefined when there is no such command or a word is missing. */
export async function runControlCommand(
  control: SimulatorControl,
  words: readonly string[],
  flags: ReadonlyMap<string, string>,
): Promise<ControlOutput | undefined> {
  const [command, first, ...rest] = words;
  if (command === "status") return statusOutput(control);
  if (command === "players") {
    const players = await control.players();
    return { text: players.map(playerText).join("\n"), value: players };
  }
  if (first === undefined) return undefined;
  switch (command) {
    case "join": {
      const player = await control.join(first);
      return { text: `${player.name} joined the game as player ${player.index}`, value: player };
    }
    case "leave":
      await control.leave(first, rest[0]);
      return { text: `${first} left the game`, value: {} };
    case "chat":
      await control.chat(first, rest.join(" "));
      return { text: "", value: {} };
    case "view": {
      const lines = await control.view(first);
      return { text: lines.join("\n"), value: lines };
    }
    case "wait-print": {
      const shown = await control.waitForPrint(
        [first, ...rest].join(" "),
        Number(flags.get("timeout") ?? 30) * 1000,
      );
      return { text: `${shown.player}: ${shown.text}`, value: shown };
    }
    case "step":
      return tickOutput(await control.step(Number(first)));
    case "speed":
      await control.speed(Number(first));
      return { text: "", value: {} };
    case "fault":
      await control.fault(first, rest.join(" "));
      return { text: "", value: {} };
    default:
      return undefined;
  }
}

async function statusOutput(control: SimulatorControl): Promise<ControlOutput> {
  const status = await control.status();
  const lines = [
    `Switchyard simulator of Factorio ${status.version}, ${status.state}${status.isPaused ? " (paused: nobody is online)" : ""}`,
    `save   ${status.save ?? "(from a scenario)"}`,
    `tick   ${status.tick} at speed ${status.speed}`,
    `ports  game ${status.gamePort}, RCON ${status.rconPort ?? "off"}`,
    ...status.players.map(playerText),
  ];
  return { text: lines.join("\n"), value: status };
}

function playerText(player: PlayerStatus): string {
  return `player ${player.index}  ${player.name}${player.isConnected ? " (online)" : ""}${player.isAdmin ? " (admin)" : ""}`;
}

function tickOutput(tick: number): ControlOutput {
  return { text: `tick ${tick}`, value: { tick } };
}
