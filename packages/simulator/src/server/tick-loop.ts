const TICK_MS = 1000 / 60;
/** Further behind than this the loop drops ticks instead of catching up, as the game does when it is overloaded. */
const MAX_LAG_TICKS = 5;
const MAX_INPUTS = 100_000;

/** Something that arrived from outside and is executed at the start of a tick. */
export interface InputAction {
  run: () => void;
  /** True for commands: on a paused map a batch of them lets one tick pass (facts §4.5). */
  advancesTick: boolean;
  /** Number of loop rounds to wait before it is executed, for segment pacing. */
  delayTicks?: number;
}

export interface TickLoopOptions {
  /** True while the map stands still and only inputs cause work. */
  isPaused: () => boolean;
  /** Lets one map tick pass. */
  advance: () => void;
  /** After inputs and tick: sends the replies of this round. */
  flush: () => void;
  /** Factor on 60 ticks per second. */
  speed: () => number;
  /** An error that escaped an input or the tick; the loop has stopped. */
  onFailure: (error: unknown) => void;
}

/** Drives the map at 60 ticks a second without drift; costs nothing while the map is paused and nobody speaks. */
export class TickLoop {
  private inputs: (InputAction & { due: number })[] = [];
  private timer: NodeJS.Timeout | undefined;
  private nextDue = 0;
  private round = 0;
  private stopped = true;
  private blockers: Promise<unknown>[] = [];
  private current: Promise<void> = Promise.resolve();
  private isRunning = false;

  constructor(private readonly options: TickLoopOptions) {}

  start(): void {
    this.stopped = false;
    this.nextDue = performance.now();
    this.schedule();
  }

  /** Resolves after the round that is under way. Nothing runs afterwards. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.current;
  }

  get pendingInputs(): number {
    return this.inputs.length;
  }

  /** False when too much is waiting. */
  enqueue(action: InputAction): boolean {
    if (this.inputs.length >= MAX_INPUTS) return false;
    this.inputs.push({ ...action, due: this.round + (action.delayTicks ?? 0) });
    this.schedule();
    return true;
  }

  /** The next round begins only after this promise; used by blocking saves. */
  block(promise: Promise<unknown>): void {
    this.blockers.push(promise);
  }

  /** Call when the map may have stopped being paused. */
  schedule(): void {
    if (this.stopped || this.timer !== undefined || this.isRunning) return;
    if (this.options.isPaused() && this.inputs.length === 0) return;
    const now = performance.now();
    if (this.nextDue < now - MAX_LAG_TICKS * TICK_MS) {
      // After a pause: stay on the grid of ticks, so that a command waits for its tick as in the game.
      this.nextDue += Math.ceil((now - this.nextDue) / TICK_MS) * TICK_MS;
    }
    this.timer = setTimeout(() => this.run(), Math.max(0, this.nextDue - now));
  }

  private run(): void {
    this.timer = undefined;
    this.isRunning = true;
    this.current = this.runRound().finally(() => {
      this.isRunning = false;
      this.schedule();
    });
  }

  private async runRound(): Promise<void> {
    this.nextDue += TICK_MS / Math.max(0.01, this.options.speed());
    this.round++;
    try {
      this.step();
      while (this.blockers.length > 0) await Promise.all(this.blockers.splice(0));
    } catch (error) {
      this.stopped = true;
      this.options.onFailure(error);
    }
  }

  private step(): void {
    const ready = this.inputs.filter((input) => input.due <= this.round);
    this.inputs = this.inputs.filter((input) => input.due > this.round);
    let hasCommand = false;
    for (const input of ready) {
      input.run();
      hasCommand ||= input.advancesTick;
    }
    if (hasCommand || !this.options.isPaused()) this.options.advance();
    this.options.flush();
  }
}
