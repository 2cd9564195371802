/** Longest delay of a Node timer. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * One timer for many deadlines, where nearly all are met: setting one is a comparison, meeting it costs nothing. Times are on
 * the clock of performance.now().
 */
export class DeadlineTimer {
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Infinity;

  /** `onDue` deals with what is due and gives the earliest deadline that is left, or Infinity. */
  constructor(private readonly onDue: (now: number) => number) {}

  /** Makes sure that onDue is called soon after `deadline`. It may be called although nothing is due any more. */
  set(deadline: number): void {
    if (deadline >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = deadline;
    const delay = Math.ceil(deadline - performance.now());
    this.#timer = setTimeout(() => this.#wake(), Math.min(Math.max(delay, 1), MAX_DELAY_MS));
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#wakesAt = Infinity;
  }

  #wake(): void {
    this.#wakesAt = Infinity;
    this.set(this.onDue(performance.now()));
  }
}
