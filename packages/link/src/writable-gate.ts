import { AppError } from "@switchyard/protocol";

interface Waiter {
  resolve(): void;
  reject(error: AppError): void;
}

/** Holds back producers while too much is waiting, and lets them all go on when enough of it has left. */
export class WritableGate {
  #open = true;
  readonly #waiters = new Set<Waiter>();

  get isOpen(): boolean {
    return this.#open;
  }

  /** `load` is 1 at the limit. Closes at the limit, opens again at half of it, so that it does not flutter. */
  update(load: number): void {
    if (this.#open) {
      if (load >= 1) this.#open = false;
      return;
    }
    if (load > 0.5) return;
    this.#open = true;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.resolve();
  }

  /** Rejects with `cancelled` when the signal is aborted first. */
  wait(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(new AppError("cancelled"));
    if (this.#open) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(new AppError("cancelled"));
      };
      const waiter: Waiter = {
        resolve: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
        reject: (error) => {
          signal?.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  fail(error: AppError): void {
    this.#open = false;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.reject(error);
  }
}
