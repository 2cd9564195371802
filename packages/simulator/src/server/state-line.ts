import type { Personality } from "./personality.js";
import type { ServerLog } from "./server-log.js";

export type ManagerState =
  | "Ready"
  | "PreparedToHostGame"
  | "CreatingGame"
  | "InGame"
  | "InGameSavingMap"
  | "InitializationFailed"
  | "Failed"
  | "DisconnectingScheduled"
  | "Disconnecting"
  | "Disconnected"
  | "Closed";

/** The multiplayer manager's state, which managers of the game follow on stdout. */
export class ManagerStateLine {
  private state: ManagerState = "Ready";

  constructor(
    private readonly log: ServerLog,
    private readonly personality: Personality,
    /** Undefined while there is no map. */
    private readonly tick: () => number | undefined,
  ) {}

  get current(): ManagerState {
    return this.state;
  }

  change(to: ManagerState): void {
    const tick = this.tick() ?? this.personality.sentinelTick;
    this.log.info("stateChange", `updateTick(${tick}) changing state from(${this.state}) to(${to})`);
    this.state = to;
  }
}
