import { FactorioError } from "../errors.js";
import { BATCH_FRAME_BYTES } from "./batch-text.js";
import { CommandQueue } from "./command-queue.js";
import { DeadlineTimer } from "./deadline-timer.js";
import { batchFlight, land, singleFlight, type Flight } from "./flight.js";
import { settleError, type RconCommand } from "./rcon-command.js";
import type { RconConnection } from "./rcon-connection.js";
import type { SegmentBudget } from "./segment-budget.js";

/** More calls than this in one command would only make it long to compile. */
const MAX_BATCH_CALLS = 500;

export interface CommandFlowOptions {
  maxConcurrentCommands: number;
  maxCommandsPerConnection: number;
  maxBatchBytes: number;
  budget: SegmentBudget;
  /** The error of a command whose connection is gone or missing. */
  lost(why: string, sent: boolean): FactorioError;
}

/**
 * Commands from the queue to their replies, over whatever connection there is. Calls that wait at the same moment share a
 * command; a call is sent again only when the game's answer proves that it has not run.
 */
export class CommandFlow {
  readonly #queue = new CommandQueue();
  /** By request id. */
  readonly #inFlight = new Map<number, Flight>();
  readonly #deadlines = new DeadlineTimer((now) => this.#expireDue(now));
  #connection: RconConnection | undefined;
  #bulkInFlight = 0;
  #bulkBytesInFlight = 0;
  #callsInFlight = 0;
  #isRenewing = false;
  #isDraining = false;
  #isPumpDue = false;
  /** The game warned of achievements: it runs a call only when it hears that call, and nothing else, once more. */
  #isWarned = false;
  /** False once the save has shown that it cannot run batches. */
  #hasBatches = true;

  constructor(private readonly options: CommandFlowOptions) {}

  get queued(): number {
    return this.#queue.size;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** The connection is being closed by our own wish; commands wait for the next one. */
  get isRenewing(): boolean {
    return this.#isRenewing;
  }

  push(command: RconCommand): void {
    this.#queue.push(command);
    this.#deadlines.set(command.deadline);
    if (command.call) this.#pumpSoon();
    else this.#pump();
  }

  attach(connection: RconConnection): void {
    this.#connection = connection;
    this.#isRenewing = false;
    this.#pump();
  }

  /** After the end of the connection, when no reply can come any more. Gives true when that was our wish. */
  detach(why: string): boolean {
    this.#connection = undefined;
    if (!this.#isRenewing) this.rejectAll(why);
    for (const { commands } of this.#inFlight.values())
      for (const command of commands) this.#queue.finish(command);
    this.#inFlight.clear();
    this.#bulkInFlight = this.#bulkBytesInFlight = this.#callsInFlight = 0;
    this.#isWarned = false;
    return this.#isRenewing;
  }

  /** The renewal failed: what waited for it is lost. */
  abandonRenewal(): void {
    if (!this.#isRenewing) return;
    this.#isRenewing = false;
    this.rejectAll("it could not be renewed");
  }

  rejectAll(why: string): void {
    for (const command of this.#queue.takeAll()) settleError(command, this.options.lost(why, false));
    for (const { commands } of this.#inFlight.values())
      for (const command of commands) settleError(command, this.options.lost(why, true));
  }

  close(why: string): void {
    this.#deadlines.clear();
    this.rejectAll(why);
  }

  /** An id that nobody waits for is none of ours. */
  onReply(id: number, reply: string): void {
    const flight = this.#inFlight.get(id);
    if (!flight) return;
    this.#inFlight.delete(id);
    this.#count(flight, -1);
    const landing = land(flight, reply);
    if (landing === "done") {
      if (flight.form !== "plain") this.#isWarned = false;
      for (const command of flight.commands) this.#queue.finish(command);
    } else {
      if (landing === "warned") this.#isWarned = true;
      else this.#hasBatches = false;
      this.#takeBack(flight);
    }
    this.#pump();
  }

  /** They have not run: those that were not given up wait in their old places again. */
  #takeBack({ commands }: Flight): void {
    for (const command of commands) {
      command.isSent = false;
      if (command.isSettled) this.#queue.finish(command);
      else this.#queue.putBack(command);
    }
  }

  /** Calls of one turn of the program, and of the callers of one read's replies, go together. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    process.nextTick(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    const connection = this.#connection;
    if (!connection || this.#isRenewing || this.#isDraining) return;
    const { maxCommandsPerConnection, maxConcurrentCommands } = this.options;
    if (connection.sent >= maxCommandsPerConnection) return this.#renewWhenIdle(connection);
    while (this.#inFlight.size < maxConcurrentCommands && connection.sent < maxCommandsPerConnection) {
      if (connection.needsDrain) return this.#pumpWhenDrained(connection);
      if (this.#isWarned && this.#callsInFlight > 0) return;
      const flight = this.#nextFlight();
      if (!flight) return;
      for (const command of flight.commands) command.isSent = true;
      this.#count(flight, 1);
      this.#inFlight.set(connection.send(flight.text, flight.bytes), flight);
    }
  }

  #nextFlight(): Flight | undefined {
    const { maxConcurrentCommands, maxBatchBytes, budget } = this.options;
    const allowBulk =
      this.#bulkInFlight < Math.max(1, maxConcurrentCommands - 1) &&
      budget.mayAddBulk(this.#bulkBytesInFlight);
    const first = this.#queue.take(allowBulk);
    if (!first) return undefined;
    if (!first.call || !this.#hasBatches) return singleFlight(first);
    const bytes = Math.min(maxBatchBytes, budget.batchBytes) - BATCH_FRAME_BYTES;
    const count = this.#isWarned ? 1 : MAX_BATCH_CALLS;
    return batchFlight(this.#queue.takeCalls(first, { bytes, count }));
  }

  #count({ commands, form, bytes }: Flight, by: 1 | -1): void {
    if (form !== "plain") this.#callsInFlight += by;
    if (commands[0]?.lane !== "bulk") return;
    this.#bulkInFlight += by;
    this.#bulkBytesInFlight += by * bytes;
  }

  #pumpWhenDrained(connection: RconConnection): void {
    this.#isDraining = true;
    void connection.drained().then(() => {
      this.#isDraining = false;
      this.#pump();
    });
  }

  #renewWhenIdle(connection: RconConnection): void {
    for (const { commands } of this.#inFlight.values())
      if (commands.some((command) => !command.isSettled)) return;
    this.#isRenewing = true;
    void connection.close();
  }

  /** Gives the earliest deadline of the others. */
  #expireDue(now: number): number {
    let earliest = Infinity;
    const look = (command: RconCommand): void => {
      if (command.isSettled) return;
      if (command.deadline <= now) this.#expire(command);
      else earliest = Math.min(earliest, command.deadline);
    };
    for (const command of [...this.#queue]) look(command);
    for (const { commands } of this.#inFlight.values()) commands.forEach(look);
    return earliest;
  }

  #expire(command: RconCommand): void {
    const { isSent: sent, timeoutMs } = command;
    if (!sent) this.#queue.remove(command);
    const what = sent ? "had no reply" : "had no turn";
    const message = `The RCON command ${what} within ${timeoutMs} ms. The server may be saving, paused or overloaded.`;
    settleError(command, new FactorioError("rcon-timeout", message, { detail: { sent, timeoutMs } }));
  }
}
