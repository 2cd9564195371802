import type { RconCommand } from "./rcon-command.js";
import type { RconLane } from "./rcon-options.js";

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
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(command: RconCommand): void {
    this.#lanes[command.lane].push(command);
    this.#size += 1;
    if (command.ordered === undefined) return;
    const line = this.#ordered.get(command.ordered);
    if (line) line.push(command);
    else this.#ordered.set(command.ordered, [command]);
  }

  /** The next command that may run; it leaves its lane but keeps its place among the ordered ones. */
  take(allowBulk: boolean): RconCommand | undefined {
    if (this.#size === 0) return undefined;
    let first: RconCommand | undefined;
    let last: RconCommand | undefined;
    for (const lane of LANES) {
      if (lane === "bulk" && !allowBulk) continue;
      const ready = this.#firstReady(this.#lanes[lane]);
      first ??= ready;
      last = ready ?? last;
    }
    const isFair = this.#overtakings >= MAX_OVERTAKINGS;
    const command = isFair ? last : first;
    if (!command) return undefined;
    this.#overtakings = first !== last && !isFair ? this.#overtakings + 1 : 0;
    this.#leaveLane(command);
    return command;
  }

  /**
   * More calls for the command of `first`, which take() gave: those next in its lane, up to the first that does not fit or is no
   * call. Calls with one key may share a command, in their order: it runs them one after another.
   */
  takeCalls(first: RconCommand, room: { bytes: number; count: number }): RconCommand[] {
    const taken = [first];
    const keys = new Map<string, number>();
    if (first.ordered !== undefined) keys.set(first.ordered, 1);
    const lane = this.#lanes[first.lane];
    const kept: RconCommand[] = [];
    let left = room.bytes - first.bytes;
    let at = 0;
    for (const command of lane) {
      const place = keys.get(command.ordered ?? "") ?? 0;
      if (this.#mayRun(command, place)) {
        left -= command.bytes + 1; // and a comma
        if (command.call === undefined || left < 0 || taken.length >= room.count) break;
        taken.push(command);
        if (command.ordered !== undefined) keys.set(command.ordered, place + 1);
      } else kept.push(command);
      at += 1;
    }
    lane.splice(0, at, ...kept);
    this.#size -= taken.length - 1;
    return taken;
  }

  /** Gives a command that take() gave, and that has not run, its old place again. */
  putBack(command: RconCommand): void {
    const lane = this.#lanes[command.lane];
    const at = lane.findIndex(({ sequence }) => sequence > command.sequence);
    lane.splice(at === -1 ? lane.length : at, 0, command);
    this.#size += 1;
  }

  /** Takes a command out that will not run. */
  remove(command: RconCommand): void {
    this.#leaveLane(command);
    this.finish(command);
  }

  /** The command had its reply (or never will): the next with its key may run. */
  finish(command: RconCommand): void {
    if (command.ordered === undefined) return;
    const line = this.#ordered.get(command.ordered) ?? [];
    if (line[0] === command) line.shift();
    else if (line.includes(command)) line.splice(line.indexOf(command), 1);
    if (line.length === 0) this.#ordered.delete(command.ordered);
  }

  /** Empties the queue. */
  takeAll(): RconCommand[] {
    const all = LANES.flatMap((lane) => this.#lanes[lane].splice(0));
    this.#size = 0;
    for (const command of all) this.finish(command);
    return all;
  }

  *[Symbol.iterator](): IterableIterator<RconCommand> {
    for (const lane of LANES) yield* this.#lanes[lane];
  }

  #firstReady(lane: readonly RconCommand[]): RconCommand | undefined {
    for (const command of lane) if (this.#mayRun(command)) return command;
    return undefined;
  }

  /** `place` is the number of those before it with its key that run before it anyway. */
  #mayRun(command: RconCommand, place = 0): boolean {
    return command.ordered === undefined || this.#ordered.get(command.ordered)?.[place] === command;
  }

  #leaveLane(command: RconCommand): void {
    const lane = this.#lanes[command.lane];
    const at = lane.indexOf(command);
    if (at === -1) return;
    this.#size -= 1;
    if (at === 0) lane.shift();
    else lane.splice(at, 1);
  }
}
