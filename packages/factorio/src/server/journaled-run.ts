import { existsSync, mkdirSync } from "node:fs";
import { open, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HolePuncher, KEPT_BYTES } from "./hole-puncher.js";
import { firstLineAfterHole, JournalTail } from "./journal-tail.js";
import { JournaledProcess, type JournalReader } from "./journaled-process.js";
import type { LaunchOptions } from "./game-process.js";
import type { LeftRun } from "./left-runs.js";
import { OffsetFile, readOffsets, type Offsets } from "./offset-file.js";
import type { OrderedDelivery } from "./ordered-delivery.js";
import type { RunProgress } from "./run-progress.js";
import {
  journalFile,
  newEpoch,
  offsetFile,
  placeRun,
  removeRun,
  stdinFile,
  writeRecord,
  type RunPlace,
  type RunRecord,
} from "./run-folder.js";
import type { Delivery, JournalOptions } from "./server-types.js";

/** What a run's journal gives to its server. */
export interface RunLines {
  delivery: OrderedDelivery;
  maxLineBytes?: number | undefined;
  scriptOutputDir: string;
  onLine(line: string, bytes: number, at: number): void;
  onOversized(bytes: number): void;
  /** Undefined: it is over. */
  onWarning(words: string | undefined): void;
  log(text: string): void;
}

const CHECKPOINT_MS = 100;
const GUARD_MS = 5000;
const MiB = 1024 * 1024;
const DEFAULT_BEHIND_BYTES = 1024 * MiB;
const NEARLY_FULL_BYTES = 512 * MiB;
const REMOVALS_AT_ONCE = 16;

/**
 * The journal side of one run: where its files are, how far its lines are handled, and that the disk stays bounded. It may outlive
 * the server until the last line that somebody holds is done with.
 */
export class JournaledRun {
  readonly place: RunPlace;
  readonly #options: JournalOptions;
  readonly #lines: RunLines;
  readonly #offsets: OffsetFile;
  readonly #puncher: HolePuncher;
  readonly #tail: JournalTail;
  readonly #resumedTo: number;
  #record: RunRecord;
  #timer: NodeJS.Timeout | undefined;
  #lastGuardAt = performance.now();
  #warning: string | undefined;
  /** Payload files that were read, until the offset has passed their lines. */
  #files: { at: number; path: string }[] = [];
  #process: JournaledProcess | undefined;
  #isGuarding = false;

  private constructor(parts: {
    place: RunPlace;
    record: RunRecord;
    offsets: Offsets;
    options: JournalOptions;
    lines: RunLines;
  }) {
    const { place, record, offsets, options, lines } = parts;
    this.place = place;
    this.#record = record;
    this.#options = options;
    this.#lines = lines;
    this.#resumedTo = offsets.handedOut;
    this.#offsets = new OffsetFile(offsetFile(place), offsets);
    this.#puncher = new HolePuncher({
      path: record.journal,
      ...(options.punchEveryBytes === undefined ? {} : { everyBytes: options.punchEveryBytes }),
      onUnable: (reason) =>
        lines.log(`the journal's space is given back only when the server is started anew (${reason})`),
    });
    this.#tail = this.#makeTail(record.journal, offsets.consumed);
    this.#timer = setInterval(() => this.#tick(), CHECKPOINT_MS);
    this.#timer.unref();
  }

  static create(
    writeDirectory: string,
    record: Omit<RunRecord, "journal" | "format" | "process">,
    options: JournalOptions,
    lines: RunLines,
  ): JournaledRun {
    const place = placeRun(writeDirectory, newEpoch());
    const journal = journalFile(place, options.directory);
    mkdirSync(place.directory, { recursive: true, mode: 0o700 });
    mkdirSync(dirname(journal), { recursive: true });
    const whole: RunRecord = { ...record, format: 1, process: null, journal };
    // Before the process: a kill between the two must not leave a server that nobody knows of.
    writeRecord(place, whole);
    return new JournaledRun({ place, record: whole, offsets: { consumed: 0, handedOut: 0 }, options, lines });
  }

  static async open(left: LeftRun, options: JournalOptions, lines: RunLines): Promise<JournaledRun> {
    const { place, record } = left;
    const offsets = readOffsets(offsetFile(place)) ?? (await offsetsOfRest(record.journal));
    writeRecord(place, record); // heals a torn one
    await removeLeftFiles(record.journal, offsets.consumed, lines.scriptOutputDir);
    return new JournaledRun({ place, record, offsets, options, lines });
  }

  get record(): Readonly<RunRecord> {
    return this.#record;
  }

  get process(): JournaledProcess | undefined {
    return this.#process;
  }

  /** The line that is being handed on now. */
  get delivery(): Delivery {
    const at = this.#lines.delivery.current;
    return {
      epoch: this.place.epoch,
      at,
      isRedelivered: at < this.#resumedTo,
      hold: () => this.#lines.delivery.hold(at),
    };
  }

  async spawn(launch: LaunchOptions): Promise<JournaledProcess> {
    const files = { journal: this.#record.journal, stdin: stdinFile(this.place) };
    const game = await JournaledProcess.spawn({ ...launch, ...files }, this.#reader());
    this.#process = game;
    this.#save({ process: game.mark });
    game.read();
    return game;
  }

  adopt(left: LeftRun): JournaledProcess {
    this.#process = JournaledProcess.adopt(left.process, stdinFile(this.place), this.#reader());
    return this.#process;
  }

  saveProgress(progress: Readonly<RunProgress>): void {
    this.#save({ progress });
  }

  fileRead(path: string): void {
    this.#files.push({ at: this.#lines.delivery.current, path });
  }

  /** Stops reading; the server runs on. What handlers have and what is held gets `limitMs` to be done with. */
  async detach(limitMs: number): Promise<void> {
    await this.#process?.detach();
    await Promise.race([this.#lines.delivery.settled(), wait(limitMs)]);
    await this.close();
  }

  /**
   * Once the server is gone: resolves true when every line is done with, and removes the run's files. Resolves false when
   * lines are unread, since a handler was stuck: then the files stay for the next start.
   */
  async settled(): Promise<boolean> {
    await this.#lines.delivery.settled();
    const size = await stat(this.#record.journal).then(
      (stats) => stats.size,
      () => 0,
    );
    const isWhole = this.#tail.given >= size;
    await this.close();
    if (isWhole) removeRun(this.place, this.#record.journal);
    return isWhole;
  }

  /** Saves how far it got. A second call is a no-op. */
  async close(): Promise<void> {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#checkpoint();
    this.#offsets.close();
    await this.#puncher.idle();
  }

  #makeTail(path: string, from: number): JournalTail {
    const { delivery, maxLineBytes } = this.#lines;
    return new JournalTail({
      path,
      from,
      ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
      onLine: (line, at, bytes) => this.#lines.onLine(line, bytes, at),
      onOversized: (bytes) => this.#lines.onOversized(bytes),
      beforeChunk: (end) => {
        this.#checkpoint();
        this.#offsets.save({ handedOut: Math.max(end, this.#offsets.saved.handedOut) });
      },
      waitUntilReady: () => (delivery.isReady ? undefined : delivery.ready()),
      onFailure: (error) => this.#warn(`Its journal ${path} cannot be read: ${String(error)}`),
    });
  }

  #reader(): JournalReader {
    return { tail: this.#tail, progress: () => this.#tail.given + this.#lines.delivery.current };
  }

  #save(change: Partial<RunRecord>): void {
    this.#record = { ...this.#record, ...change };
    writeRecord(this.place, this.#record);
  }

  #tick(): void {
    this.#checkpoint();
    if (performance.now() - this.#lastGuardAt < GUARD_MS || this.#isGuarding) return;
    this.#lastGuardAt = performance.now();
    this.#isGuarding = true;
    void this.#guardDisk().finally(() => (this.#isGuarding = false));
  }

  #checkpoint(): void {
    const consumed = this.#lines.delivery.oldest ?? this.#tail.given;
    if (consumed <= this.#offsets.saved.consumed) return;
    this.#offsets.save({ consumed });
    this.#puncher.advance(consumed);
    void this.#removeFiles(consumed);
  }

  async #removeFiles(consumed: number): Promise<void> {
    const done = this.#files.findIndex(({ at }) => at >= consumed);
    const due = this.#files.splice(0, done === -1 ? this.#files.length : done);
    for (let from = 0; from < due.length; from += REMOVALS_AT_ONCE) {
      const some = due.slice(from, from + REMOVALS_AT_ONCE);
      await Promise.all(some.map(({ path }) => rm(path, { force: true }).catch(() => undefined)));
    }
  }

  /** Never rejects. */
  async #guardDisk(): Promise<void> {
    const { journal } = this.#record;
    try {
      const [file, disk] = await Promise.all([stat(journal), statfs(dirname(journal))]);
      const behind = file.size - this.#offsets.saved.consumed;
      const used = file.blocks * 512;
      const free = disk.bavail * disk.bsize;
      const isFull = free < NEARLY_FULL_BYTES && used > 16 * MiB;
      if (isFull)
        this.#warn(
          `The disk of the journal is nearly full: ${toMiB(free)} left, ${toMiB(used)} of it in ${journal}. Free some space, or output of the game is lost.`,
        );
      else if (behind > (this.#options.behindLimitBytes ?? DEFAULT_BEHIND_BYTES))
        this.#warn(`${toMiB(behind)} of the game's output wait: plugins or the controller are behind.`);
      else this.#warn(undefined);
    } catch {
      // Removed in this moment, or a system without statfs: nothing to say.
    }
  }

  #warn(words: string | undefined): void {
    if (words === this.#warning || (words === undefined && this.#warning === undefined)) return;
    this.#warning = words;
    this.#lines.onWarning(words);
  }
}

/** The offset is lost: everything that is still there is handed out again. */
async function offsetsOfRest(journal: string): Promise<Offsets> {
  if (!existsSync(journal)) return { consumed: 0, handedOut: 0 };
  const [consumed, { size }] = await Promise.all([firstLineAfterHole(journal), stat(journal)]);
  return { consumed, handedOut: size };
}

/** Payload files of lines just before the offset: a kill can come between saving the offset and removing them. */
async function removeLeftFiles(journal: string, consumed: number, directory: string): Promise<void> {
  const length = Math.min(consumed, KEPT_BYTES);
  if (length === 0 || !existsSync(journal)) return;
  const file = await open(journal, "r");
  try {
    const buffer = Buffer.alloc(length);
    await file.read(buffer, 0, length, consumed - length);
    for (const [, name] of buffer.toString("utf8").matchAll(/\f\$ipc:[^?\n]*\?f([^/\\\0\n\r]+\.json)\r?\n/g))
      await rm(join(directory, name ?? ""), { force: true });
  } finally {
    await file.close();
  }
}

function toMiB(bytes: number): string {
  return `${Math.round(bytes / MiB)} MiB`;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
