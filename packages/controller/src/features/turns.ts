import { AppError } from "@switchyard/protocol";

const MAX_WAITING = 20;

interface Line {
  /** Settles when everything so far is done. */
  all: Promise<unknown>;
  /** Settles when every interruption so far is done. */
  interruptions: Promise<unknown>;
  waiting: number;
}

/** One thing after another for each key, with a way past what is under way. */
export class Turns {
  private readonly lines = new Map<string, Line>();

  /** Runs when everything asked before is done. Rejects `queue-full`. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.run(key, (line) => line.all, false, work);
  }

  /** Runs at once, or when the interruptions before it are done. Rejects `queue-full`. */
  interrupt<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.run(key, (line) => line.interruptions, true, work);
  }

  private run<T>(
    key: string,
    before: (line: Line) => Promise<unknown>,
    interrupts: boolean,
    work: () => Promise<T>,
  ): Promise<T> {
    const line = this.lines.get(key) ?? {
      all: Promise.resolve(),
      interruptions: Promise.resolve(),
      waiting: 0,
    };
    if (line.waiting >= MAX_WAITING) {
      return Promise.reject(new AppError("queue-full", { what: key, count: line.waiting }));
    }
    this.lines.set(key, line);
    line.waiting += 1;
    const done = before(line).then(work);
    const settled = done
      .catch(() => undefined)
      .then(() => {
        line.waiting -= 1;
        if (line.waiting === 0 && this.lines.get(key) === line) this.lines.delete(key);
      });
    line.all = Promise.all([line.all, settled]);
    if (interrupts) line.interruptions = settled;
    return done;
  }
}
