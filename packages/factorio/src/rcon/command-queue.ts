import type { RconLane } from "./rcon-options.js";

/** One command from send() to its reply. */
export interface RconCommand {
  command: string;
  lane: RconLane;
  ordered: string | undefined;
  /** True once the caller was told, by reply or by deadline. */
  isSettled: boolean;
  settle(outcome: { reply: string } | { error: Error }): void;
}

const LANES: readonly RconLane[] = ["urgent", "normal", "bulk"];
/** After so many overtakings in a row a lower lane gets a turn, so that nothing waits forever behind a busy lane. */
const MAX_OVERTAKINGS = 16;

/**
 * Waiting commands in lanes. Of the commands with one ordered key only the oldest may run, until finish(): so their order holds
 * across lanes too.
 */
export class CommandQueue {
  readonly #lanes: Record<RconLane, RconCommand[]> = { urgent: [], normal: [], bulk: [] };
  readonly #ordered = new Map<string, RconCommand[]>();
  #overtakings = 0;

  get size(): number {
    return LANES.reduce((sum, lane) => sum + this.#lanes[lane].length, 0);
  }

  push(command: RconCommand): void {
    this.#lanes[command.lane].push(command);
    if (command.ordered === undefined) return;
    const line = this.#ordered.get(command.ordered);
    if (line) line.push(command);
    else this.#ordered.set(command.ordered, [command]);
  }

  /** The next command that may run; it leaves its lane but keeps its place among the ordered ones. */
  take(allowBulk: boolean): RconCommand | undefined {
    const ready = LANES.filter((lane) => allowBulk || lane !== "bulk")
      .map((lane) => this.#lanes[lane].find((command) => this.#mayRun(command)))
      .filter((command) => command !== undefined);
    const fair = this.#overtakings >= MAX_OVERTAKINGS;
    const command = fair ? ready.at(-1) : ready[0];
    if (!command) return undefined;
    this.#overtakings = ready.length > 1 && !fair ? this.#overtakings + 1 : 0;
    this.#leaveLane(command);
    return command;
  }

  /** Takes a command out that will not run. */
  remove(command: RconCommand): void {
    this.#leaveLane(command);
    this.finish(command);
  }

  /** The command had its reply (or never will): the next with its key may run. */
  finish(command: RconCommand): void {
    if (command.ordered === undefined) return;
    const line = (this.#ordered.get(command.ordered) ?? []).filter((other) => other !== command);
    if (line.length > 0) this.#ordered.set(command.ordered, line);
    else this.#ordered.delete(command.ordered);
  }

  /** Empties the queue. */
  takeAll(): RconCommand[] {
    const all = LANES.flatMap((lane) => this.#lanes[lane].splice(0));
    for (const command of all) this.finish(command);
    return all;
  }

  #mayRun(command: RconCommand): boolean {
    return command.ordered === undefined || this.#ordered.get(command.ordered)?.[0] === command;
  }

  #leaveLane(command: RconCommand): void {
    const lane = this.#lanes[command.lane];
    const at = lane.indexOf(command);
    if (at !== -1) lane.splice(at, 1);
  }
}
