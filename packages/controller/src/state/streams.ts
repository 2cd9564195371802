import { setImmediate as immediate } from "node:timers/promises";
import { AppError, type AnyStream, type SchemaCompiler, type StreamEntry } from "@switchyard/protocol";
import type { Kysely } from "kysely";
import { lastNumber, nextNumber, type ControllerStore, type Write } from "../store/controller-store.js";
import type { ControllerSchema } from "../store/schema.js";

export interface StreamsOptions {
  store: ControllerStore;
  compiler: SchemaCompiler;
  /** What a source is called now. */
  nameOf(source: string): string;
}

export interface Publication {
  stream: string;
  /** An instance's id, or `controller`. */
  source: string;
  epoch: string;
  /** One for each payload, growing within the epoch; gaps are allowed. */
  positions: readonly number[];
  payloads: readonly unknown[];
}

export interface ReadOptions {
  stream: string;
  after: number | null;
  limit: number;
  waitMs: number;
  /** Ends the wait; the answer is then what there is. */
  signal?: AbortSignal;
}

export interface ReadResult {
  entries: StreamEntry[];
  head: number;
  oldest: number;
}

/** Readers that wait at the same time, over all streams; one more gets its answer at once. */
const MAX_WAITING_READERS = 20_000;
/** Lives of a publisher that are remembered, per stream and source. */
const KEPT_EPOCHS = 16;
/** Of one answer, so that it fits a frame. At least one entry is always answered. */
const MAX_ANSWER_CHARACTERS = 1_000_000;

/** Durable numbered logs. */
export class Streams {
  private readonly streams = new Map<string, AnyStream>();
  private readonly waiting = new Map<string, Set<() => void>>();
  private waitingCount = 0;
  private readonly reading = new Set<Promise<void>>();
  private closed = false;

  constructor(private readonly options: StreamsOptions) {}

  declare(streams: readonly AnyStream[]): void {
    for (const stream of streams) this.streams.set(stream.name, stream);
  }

  /**
   * All entries or none, in one transaction; on disk when it resolves. Entries whose position the source has passed in
   * that epoch are left out, so that a publisher may say the same again until it gets its answer.
   * A publisher sends its positions in order. Rejects `not-found`, `bad-request`.
   */
  async publish(publication: Publication): Promise<{ head: number }> {
    const stream = this.require(publication.stream);
    const validate = this.options.compiler(stream.payload);
    mustGrow(publication);
    for (const payload of publication.payloads) {
      const fault = validate(payload);
      if (fault !== undefined) throw new AppError("bad-request", { reason: `${stream.name}: ${fault}` });
    }
    return this.options.store.write(
      (write) => publishIn(write, stream, publication),
      ({ added }) => {
        if (added > 0) this.wake(stream.name);
      },
    );
  }

  /** Rejects `not-found`. */
  read(options: ReadOptions): Promise<ReadResult> {
    const reading = this.readOrWait(options);
    const settled = reading
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => this.reading.delete(settled));
    this.reading.add(settled);
    return reading;
  }

  private async readOrWait(options: ReadOptions): Promise<ReadResult> {
    const stream = this.require(options.stream);
    const { db } = this.options.store;
    if (options.after === null) return { entries: [], ...(await bounds(db, stream.name)) };
    const untilMs = Date.now() + options.waitMs;
    for (;;) {
      const ready = this.nextPublication(stream.name, untilMs, options.signal);
      const entries = await this.entriesAfter(stream.name, options.after, options.limit);
      if (entries.length > 0 || this.closed || Date.now() >= untilMs || !(await ready.wait())) {
        ready.cancel();
        return { entries, ...(await bounds(db, stream.name)) };
      }
    }
  }

  /** Those who wait get an empty answer; resolves when all have it. */
  async close(): Promise<void> {
    this.closed = true;
    for (const name of [...this.waiting.keys()]) this.wake(name);
    await Promise.all(this.reading);
    await immediate();
  }

  private require(name: string): AnyStream {
    const stream = this.streams.get(name);
    if (!stream) throw new AppError("not-found", { what: "stream", id: name });
    return stream;
  }

  private async entriesAfter(stream: string, after: number, limit: number): Promise<StreamEntry[]> {
    const rows = await this.options.store.db
      .selectFrom("streams")
      .select(["number", "source", "at_ms", "payload"])
      .where("stream", "=", stream)
      .where("number", ">", after)
      .orderBy("number")
      .limit(limit)
      .execute();
    let characters = 0;
    const fitting = rows.filter((row, index) => {
      characters += row.payload.length;
      return index === 0 || characters <= MAX_ANSWER_CHARACTERS;
    });
    return fitting.map((row) => ({
      number: row.number,
      source: row.source,
      sourceName: this.options.nameOf(row.source),
      atMs: row.at_ms,
      payload: JSON.parse(row.payload) as unknown,
    }));
  }

  /** Listens from the moment of the call, so that no publication falls between reading and waiting. */
  private nextPublication(stream: string, untilMs: number, signal: AbortSignal | undefined) {
    const abandon = new AbortController();
    if (this.waitingCount >= MAX_WAITING_READERS || this.closed || Date.now() >= untilMs) {
      return { wait: () => Promise.resolve(false), cancel: () => undefined };
    }
    this.waitingCount += 1;
    const published = new Promise<boolean>((resolve) => {
      const listeners = this.waiting.get(stream) ?? new Set();
      this.waiting.set(stream, listeners);
      const finish = (isPublished: boolean) => {
        if (!listeners.delete(onPublished)) return;
        this.waitingCount -= 1;
        clearTimeout(timer);
        signal?.removeEventListener("abort", onEnd);
        resolve(isPublished);
      };
      const onPublished = () => finish(!this.closed);
      const onEnd = () => finish(false);
      const timer = setTimeout(onEnd, Math.max(0, untilMs - Date.now()));
      listeners.add(onPublished);
      signal?.addEventListener("abort", onEnd, { once: true });
      abandon.signal.addEventListener("abort", onEnd, { once: true });
      if (signal?.aborted) onEnd();
    });
    return { wait: () => published, cancel: () => abandon.abort() };
  }

  private wake(stream: string): void {
    for (const listener of [...(this.waiting.get(stream) ?? [])]) listener();
  }
}

async function publishIn(write: Write, stream: AnyStream, publication: Publication) {
  const counter = `stream:${stream.name}`;
  const { source, epoch, positions, payloads } = publication;
  const passed = await lastPosition(write, publication);
  const fresh = payloads.filter((_, index) => (positions[index] ?? 0) > passed);
  if (fresh.length === 0) return { head: await lastNumber(write, counter), added: 0 };
  const head = await nextNumber(write, counter, fresh.length);
  const atMs = Date.now();
  await write
    .insertInto("streams")
    .values(
      fresh.map((payload, index) => ({
        stream: stream.name,
        number: head - fresh.length + 1 + index,
        source,
        at_ms: atMs,
        payload: JSON.stringify(payload),
      })),
    )
    .execute();
  const position = positions.at(-1) ?? passed;
  await write
    .insertInto("stream_positions")
    .values({ stream: stream.name, source, epoch, position, at_ms: atMs })
    .onConflict((conflict) =>
      conflict.columns(["stream", "source", "epoch"]).doUpdateSet({ position, at_ms: atMs }),
    )
    .execute();
  if (passed === 0) await forgetOldEpochs(write, stream.name, source);
  await write
    .deleteFrom("streams")
    .where("stream", "=", stream.name)
    .where("number", "<=", head - stream.keepEntries)
    .execute();
  return { head, added: fresh.length };
}

function mustGrow({ positions, payloads }: Publication): void {
  const grows = positions.every((position, index) => index === 0 || position > (positions[index - 1] ?? 0));
  if (positions.length === payloads.length && grows) return;
  throw new AppError("bad-request", { reason: "each payload needs a position, and positions must grow" });
}

/** 0 when nothing of the epoch was taken yet. */
async function lastPosition(write: Write, { stream, source, epoch }: Publication): Promise<number> {
  const row = await write
    .selectFrom("stream_positions")
    .select("position")
    .where("stream", "=", stream)
    .where("source", "=", source)
    .where("epoch", "=", epoch)
    .executeTakeFirst();
  return row?.position ?? 0;
}

async function forgetOldEpochs(write: Write, stream: string, source: string): Promise<void> {
  const kept = await write
    .selectFrom("stream_positions")
    .select("epoch")
    .where("stream", "=", stream)
    .where("source", "=", source)
    .orderBy("at_ms", "desc")
    .limit(KEPT_EPOCHS)
    .execute();
  if (kept.length < KEPT_EPOCHS) return;
  await write
    .deleteFrom("stream_positions")
    .where("stream", "=", stream)
    .where("source", "=", source)
    .where(
      "epoch",
      "not in",
      kept.map((row) => row.epoch),
    )
    .execute();
}

async function bounds(
  db: Kysely<ControllerSchema>,
  stream: string,
): Promise<{ head: number; oldest: number }> {
  const head = await lastNumber(db, `stream:${stream}`);
  const first = await db
    .selectFrom("streams")
    .select(({ fn }) => fn.min("number").as("number"))
    .where("stream", "=", stream)
    .executeTakeFirst();
  return { head, oldest: first?.number ?? 0 };
}
