import type { Kysely, Transaction } from "kysely";
import { AppError } from "@switchyard/protocol";
import { explainSystemError, openStore, type Store } from "@switchyard/node-kit";
import { MIGRATIONS } from "./migrations.js";
import type { ControllerSchema } from "./schema.js";

export type Write = Transaction<ControllerSchema>;

/** Writes that wait at most; beyond it `queue-full`, so that a stuck disk does not fill the memory. */
const MAX_WAITING_WRITES = 20_000;

/**
 * The controller's store. Writes run one after another, each in a transaction that is on disk when it resolves;
 * `applied` runs right after it and before the next write, so that what is kept in memory changes in the same order.
 */
export class ControllerStore {
  private tail: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  private constructor(
    private readonly store: Store<ControllerSchema>,
    private readonly file: string,
  ) {}

  static async open(file: string): Promise<ControllerStore> {
    return new ControllerStore(await openStore<ControllerSchema>({ file, migrations: MIGRATIONS }), file);
  }

  /** For reading. */
  get db(): Kysely<ControllerSchema> {
    return this.store.db;
  }

  /** Inside `work` only the given transaction may be used: the store has one connection, and it is taken. */
  write<T>(work: (write: Write) => Promise<T>, applied?: (result: T) => void): Promise<T> {
    if (this.waiting >= MAX_WAITING_WRITES) {
      return Promise.reject(new AppError("queue-full", { what: "the store", count: this.waiting }));
    }
    this.waiting += 1;
    const done = this.tail.then(async () => {
      try {
        const result = await this.store.db.transaction().execute(work);
        applied?.(result);
        return result;
      } catch (error) {
        throw explainSystemError(error, { path: this.file });
      } finally {
        this.waiting -= 1;
      }
    });
    this.tail = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    await this.tail;
    await this.store.close();
  }
}

/** The next number of a counter: 1, 2, 3... without gaps, since a number that is not committed is not taken. */
export async function nextNumber(write: Write, counter: string, count = 1): Promise<number> {
  const { value } = await write
    .insertInto("counters")
    .values({ name: counter, value: count })
    .onConflict((conflict) =>
      conflict
        .column("name")
        .doUpdateSet(({ ref, eb }) => ({ value: eb(ref("counters.value"), "+", count) })),
    )
    .returning("value")
    .executeTakeFirstOrThrow();
  return value;
}

/** The last number given; 0 when there was none. */
export async function lastNumber(db: Kysely<ControllerSchema>, counter: string): Promise<number> {
  const row = await db.selectFrom("counters").select("value").where("name", "=", counter).executeTakeFirst();
  return row?.value ?? 0;
}
