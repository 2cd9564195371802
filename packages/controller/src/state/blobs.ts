import { createHash, randomBytes } from "node:crypto";
import { createReadStream, type ReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { AppError, type BlobReference } from "@switchyard/protocol";
import { errorFields, explainSystemError, syncDirectory, type Logger } from "@switchyard/node-kit";
import type { ControllerStore } from "../store/controller-store.js";
import { audit, type Actor } from "./audit.js";

export interface BlobsOptions {
  store: ControllerStore;
  directory: string;
  /** Of one blob. */
  maxBytes: number;
  /** Of all blobs together; uploads on their way count. Default: no limit. */
  maxTotalBytes?: number;
  /** Uploads at the same time; one more is refused with `queue-full`. */
  maxUploads?: number;
  /** Those that must stay, by their SHA-256. */
  referenced?(): ReadonlySet<string>;
  log?: Logger;
}

/** What nobody asked for in this time is deleted. */
const KEEP_UNUSED_MS = 24 * 3_600_000;
const SWEEP_EVERY_MS = 15 * 60_000;
/** Used this recently, a blob is probably being fetched; it does not have to make room. */
const IN_USE_MS = 10 * 60_000;
const NOTE_USE_EVERY_MS = 60_000;

const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Files named by their content, which wait here for hosts and people to fetch them. They are deleted when they were not used
 * for a day and no instance begins with them; when room is needed, the one that was used least recently goes first.
 */
export class Blobs {
  private uploads = 0;
  private keptBytes = 0;
  private incomingBytes = 0;
  private sweeper: NodeJS.Timeout | undefined;
  /** Deletions one after another, so that none is counted twice. */
  private sweeps: Promise<unknown> = Promise.resolve();
  private readonly notedUses = new Map<string, number>();

  constructor(private readonly options: BlobsOptions) {}

  get maxBytes(): number {
    return this.options.maxBytes;
  }

  /** Clears away uploads that a kill cut off and blobs that are due, now and from time to time. */
  async open(): Promise<void> {
    await rm(this.incoming, { recursive: true, force: true });
    await mkdir(this.incoming, { recursive: true, mode: 0o700 });
    if (this.options.referenced === undefined) return;
    const rows = await this.options.store.db.selectFrom("blobs").select(["sha256", "size_bytes"]).execute();
    this.keptBytes = rows.reduce((sum, row) => sum + Number(row.size_bytes), 0);
    const known = new Set(rows.map((row) => row.sha256));
    for (const name of await readdir(this.options.directory))
      if (SHA256.test(name) && !known.has(name)) await rm(this.pathOf(name), { force: true });
    await this.sweep();
    this.sweeper = setInterval(
      () => void this.sweep().catch((error: unknown) => this.warn(error)),
      SWEEP_EVERY_MS,
    );
    this.sweeper.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    await this.sweeps;
  }

  /** Deletes what is due; with `neededBytes` also what has to make room. Answers what it freed. */
  sweep(nowMs = Date.now(), neededBytes = 0): Promise<number> {
    const swept = this.sweeps.then(() => this.deleteUnused(nowMs, neededBytes));
    this.sweeps = swept.catch(() => undefined); // the caller of each has its own failure
    return swept;
  }

  /**
   * Whole and on disk when it resolves; otherwise nothing is left of it. Rejects `payload-too-large`, `uploads-full`,
   * `disk-full`, `queue-full`, or with the source's own error.
   */
  async add(source: AsyncIterable<Uint8Array>, actor: Actor): Promise<BlobReference> {
    const limit = this.options.maxUploads ?? 16;
    if (this.uploads >= limit) throw new AppError("queue-full", { what: "uploads", count: limit });
    this.uploads += 1;
    const temporary = join(this.incoming, randomBytes(12).toString("hex"));
    try {
      const blob = await this.receive(source, temporary);
      await this.record(blob, temporary, actor);
      return blob;
    } catch (error) {
      await rm(temporary, { force: true });
      throw explainSystemError(error, { path: this.options.directory });
    } finally {
      this.uploads -= 1;
    }
  }

  /** Rejects `not-found` when there is no such blob, or one of another size. */
  async require(blob: BlobReference): Promise<void> {
    const known = await this.find(blob.sha256);
    if (known?.sizeBytes !== blob.sizeBytes)
      throw new AppError("not-found", { what: "upload", id: blob.sha256 });
  }

  async find(sha256: string): Promise<BlobReference | undefined> {
    if (!SHA256.test(sha256)) return undefined;
    const row = await this.options.store.db
      .selectFrom("blobs")
      .select("size_bytes")
      .where("sha256", "=", sha256)
      .executeTakeFirst();
    if (!row) return undefined;
    await this.noteUse(sha256);
    const file = await stat(this.pathOf(sha256)).catch(() => undefined);
    return file?.size === row.size_bytes ? { sha256, sizeBytes: row.size_bytes } : undefined;
  }

  /** Bytes `first` to `last`, both included. */
  read(blob: BlobReference, first: number, last: number): ReadStream {
    return createReadStream(this.pathOf(blob.sha256), { start: first, end: last });
  }

  private async receive(source: AsyncIterable<Uint8Array>, temporary: string): Promise<BlobReference> {
    const file = await open(temporary, "wx", 0o600);
    try {
      const blob = await this.copy(source, file);
      await file.sync();
      return blob;
    } finally {
      await file.close();
    }
  }

  private async copy(source: AsyncIterable<Uint8Array>, file: FileHandle): Promise<BlobReference> {
    const hash = createHash("sha256");
    let sizeBytes = 0;
    try {
      for await (const chunk of source) {
        sizeBytes += chunk.byteLength;
        this.incomingBytes += chunk.byteLength;
        if (sizeBytes > this.maxBytes) throw new AppError("payload-too-large", { limit: this.maxBytes });
        await this.makeRoom();
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      return { sha256: hash.digest("hex"), sizeBytes };
    } finally {
      this.incomingBytes -= sizeBytes;
    }
  }

  private async makeRoom(): Promise<void> {
    const { maxTotalBytes = Infinity } = this.options;
    const excess = () => this.keptBytes + this.incomingBytes - maxTotalBytes;
    if (excess() <= 0) return;
    // A little more at once, not a sweep for each chunk.
    await this.sweep(Date.now(), excess() + maxTotalBytes / 20);
    if (excess() > 0) throw new AppError("uploads-full", { limit: maxTotalBytes });
  }

  private async deleteUnused(nowMs: number, neededBytes: number): Promise<number> {
    const rows = await this.options.store.db.selectFrom("blobs").selectAll().orderBy("used_at_ms").execute();
    let freed = 0;
    for (const { sha256, size_bytes: sizeBytes, used_at_ms: usedAtMs } of rows) {
      const keepMs = freed < neededBytes ? IN_USE_MS : KEEP_UNUSED_MS;
      if (usedAtMs >= nowMs - keepMs) break;
      // Looked at again in the turn that deletes it: it may have come into use since.
      const isDeleted = await this.options.store.write(async (write) => {
        if (this.options.referenced?.().has(sha256)) return false;
        const { numDeletedRows } = await write
          .deleteFrom("blobs")
          .where("sha256", "=", sha256)
          .where("used_at_ms", "<", nowMs - keepMs)
          .executeTakeFirst();
        if (Number(numDeletedRows) === 0) return false;
        await rm(this.pathOf(sha256), { force: true });
        return true;
      });
      if (!isDeleted) continue;
      this.keptBytes -= Number(sizeBytes);
      this.notedUses.delete(sha256);
      freed += Number(sizeBytes);
    }
    return freed;
  }

  private async noteUse(sha256: string): Promise<void> {
    const now = Date.now();
    if (now - (this.notedUses.get(sha256) ?? 0) < NOTE_USE_EVERY_MS) return;
    this.notedUses.set(sha256, now);
    await this.options.store.write((write) =>
      write.updateTable("blobs").set({ used_at_ms: now }).where("sha256", "=", sha256).execute(),
    );
  }

  private warn(error: unknown): void {
    this.options.log?.warn("Unused uploads could not be cleared away", errorFields(error));
  }

  /** File and row in one turn of the store, which a deletion of the same content cannot come between. */
  private async record(blob: BlobReference, temporary: string, actor: Actor): Promise<void> {
    const now = Date.now();
    let isNew = false;
    await this.options.store.write(async (write) => {
      await rename(temporary, this.pathOf(blob.sha256));
      await syncDirectory(this.options.directory);
      const known = await write
        .updateTable("blobs")
        .set({ used_at_ms: now })
        .where("sha256", "=", blob.sha256)
        .executeTakeFirst();
      isNew = Number(known.numUpdatedRows) === 0;
      if (isNew) {
        await write
          .insertInto("blobs")
          .values({ sha256: blob.sha256, size_bytes: blob.sizeBytes, created_at_ms: now, used_at_ms: now })
          .execute();
      }
      await audit(write, actor, {
        action: "blob.upload",
        target: `blob/${blob.sha256}`,
        after: blob,
        outcome: "done",
      });
    });
    if (isNew) this.keptBytes += blob.sizeBytes;
  }

  private get incoming(): string {
    return join(this.options.directory, "incoming");
  }

  private pathOf(sha256: string): string {
    return join(this.options.directory, sha256);
  }
}
