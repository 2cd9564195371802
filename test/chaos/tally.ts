import Database from "libsql";

/** What took effect of one source's numbers, in the order of the controller's store. */
export interface Tally {
  sent: number;
  tookEffect: number;
  lost: number;
  doubled: number;
  outOfOrder: number;
  /** Between two entries that follow each other. */
  longestGapMs: number;
}

interface Row {
  number: number;
  payload: string;
  at_ms: number;
}

const PAGE = 50_000;

/**
 * Looks from outside: reads the controller's own store, which holds what took effect. `sent` is what the game says that it printed;
 * numbers count from 1.
 */
export function tallyStream(storeFile: string, stream: string, source: string, sent: number): Tally {
  const database = new Database(storeFile, { readonly: true });
  try {
    const query = database.prepare(
      "select number, payload, at_ms from streams where stream = ? and source = ? and number > ? order by number limit ?",
    );
    const seen = new Uint8Array(sent + 1);
    const tally: Tally = { sent, tookEffect: 0, lost: 0, doubled: 0, outOfOrder: 0, longestGapMs: 0 };
    let [highest, lastMs, after] = [0, 0, 0];
    for (;;) {
      const rows = query.all(stream, source, after, PAGE) as Row[];
      for (const row of rows) {
        const { n } = JSON.parse(row.payload) as { n: number };
        if (seen[n] === 1) tally.doubled += 1;
        else if (n < highest) tally.outOfOrder += 1;
        if (n <= sent) seen[n] = 1;
        highest = Math.max(highest, n);
        if (lastMs > 0) tally.longestGapMs = Math.max(tally.longestGapMs, row.at_ms - lastMs);
        lastMs = row.at_ms;
        after = row.number;
      }
      if (rows.length < PAGE) break;
    }
    for (let n = 1; n <= sent; n += 1) tally.tookEffect += seen[n] ?? 0;
    tally.lost = sent - tally.tookEffect;
    return tally;
  } finally {
    database.close();
  }
}

/** The highest number that took effect so far. */
export function highestNumber(storeFile: string, stream: string, source: string): number {
  const database = new Database(storeFile, { readonly: true });
  try {
    const query = database.prepare(
      "select payload from streams where stream = ? and source = ? order by number desc limit 1",
    );
    const row = query.get(stream, source) as { payload: string } | undefined;
    return row === undefined ? 0 : (JSON.parse(row.payload) as { n: number }).n;
  } finally {
    database.close();
  }
}
