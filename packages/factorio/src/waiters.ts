interface Waiter {
  isMet: () => boolean;
  resolve: () => void;
}

/** Those who wait until something in their owner's state holds. The owner calls `wake` after each change of it. */
export class Waiters {
  #waiting: Waiter[] = [];

  /** Resolves at once when it holds already. */
  when(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isMet, resolve }));
  }

  wake(): void {
    if (this.#waiting.length === 0) return;
    const met = this.#waiting.filter((waiter) => waiter.isMet());
    this.#waiting = this.#waiting.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve();
  }
}
