import { createHash, randomBytes } from "node:crypto";
import { createReadStream, type ReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { AppError, type BlobReference } from "@switchyard/protocol";
import { explainSystemError, syncDirectory } from "@switchyard/node-kit";
import type { ControllerStore } from "../store/controller-store.js";
import { audit, type Actor } from "./audit.js";

export interface BlobsOptions {
  store: ControllerStore;
  directory: string;
  /** Of one blob. */
  maxBytes: number;
  /** Uploads at the same time; one more is refused with `queue-full`. */
  maxUploads?: number;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** Files named by their content, which wait here for hosts to fetch them. */
export class Blobs {
  private uploads = 0;

  constructor(private readonly options: BlobsOptions) {}

  get maxBytes(): number {
    return this.options.maxBytes;
  }

  /** Clears away uploads that a kill cut off. */
  async open(): Promise<void> {
    await rm(this.incoming, { recursive: true, force: true });
    await mkdir(this.incoming, { recursive: true, mode: 0o700 });
  }

  /**
   * Whole and on disk when it resolves; otherwise nothing is left of it. Rejects `payload-too-large`, `disk-full`,
   * `queue-full`, or with the source's own error.
   */
  async add(source: AsyncIterable<Uint8Array>, actor: Actor): Promise<BlobReference> {
    const limit = this.options.maxUploads ?? 16;
    if (this.uploads >= limit) throw new AppError("queue-full", { what: "uploads", count: limit });
    this.uploads += 1;
    const temporary = join(this.incoming, randomBytes(12).toString("hex"));
    try {
      const blob = await this.receive(source, temporary);
      await rename(temporary, this.pathOf(blob.sha256));
      await syncDirectory(this.options.directory);
      await this.record(blob, actor);
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
    for await (const chunk of source) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > this.maxBytes) throw new AppError("payload-too-large", { limit: this.maxBytes });
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    return { sha256: hash.digest("hex"), sizeBytes };
  }

  private async record(blob: BlobReference, actor: Actor): Promise<void> {
    await this.options.store.write(async (write) => {
      await write
        .insertInto("blobs")
        .values({ sha256: blob.sha256, size_bytes: blob.sizeBytes, created_at_ms: Date.now() })
        .onConflict((conflict) => conflict.column("sha256").doNothing())
        .execute();
      await audit(write, actor, {
        action: "blob.upload",
        target: `blob/${blob.sha256}`,
        after: blob,
        outcome: "done",
      });
    });
  }

  private get incoming(): string {
    return join(this.options.directory, "incoming");
  }

  private pathOf(sha256: string): string {
    return join(this.options.directory, sha256);
  }
}
