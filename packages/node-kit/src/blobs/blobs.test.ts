import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@switchyard/protocol";
import { downloadBlob } from "./download-blob.js";
import { uploadBlob } from "./upload-blob.js";

const CONTENT = randomBytes(400_000);
const BLOB = { sha256: sha256(CONTENT), sizeBytes: CONTENT.length };

describe("blobs over HTTP", () => {
  let directory: string;
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  const ranges: (string | undefined)[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-blobs-"));
    ranges.length = 0;
    server = createServer((request, response) => {
      ranges.push(request.headers.range);
      void Promise.resolve(answer(request, response)).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true, force: true });
  });

  const never = new AbortController().signal;
  const common = () => ({ url, token: "t", signal: never, file: join(directory, "file") });
  const download = (changes: Partial<Parameters<typeof downloadBlob>[0]> = {}) =>
    downloadBlob({ ...common(), blob: BLOB, ...changes });

  /** As the controller does, `limit` bytes at a time before the connection breaks. */
  const serve =
    (bytes: Buffer, limit = Infinity) =>
    (request: IncomingMessage, response: ServerResponse) => {
      const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const rest = bytes.subarray(first);
      response.writeHead(first > 0 ? 206 : 200, {
        "content-length": rest.length,
        ...(first > 0 && { "content-range": `bytes ${first}-${bytes.length - 1}/${bytes.length}` }),
      });
      if (rest.length <= limit) response.end(rest);
      else response.write(rest.subarray(0, limit), () => setTimeout(() => response.destroy(), 5));
    };

  it("go on where they were cut, and are whole", async () => {
    answer = serve(CONTENT, 150_000);
    const progress: number[] = [];
    await download({ onProgress: (done) => progress.push(done) });
    assert.ok(CONTENT.equals(await readFile(join(directory, "file"))));
    assert.ok(ranges.length >= 3 && ranges.slice(1).every((range) => range !== undefined), ranges.join());
    assert.equal(progress.at(-1), CONTENT.length);
    assert.deepEqual(
      progress,
      [...progress].sort((a, b) => a - b),
    );
  });

  it("that are other bytes, too many, or do not go on are refused and leave nothing", async () => {
    const other = Buffer.from(CONTENT).fill(0, 10, 20);
    let times = 0;
    for (const wrong of [
      serve(other),
      serve(Buffer.concat([CONTENT, CONTENT])),
      (request: IncomingMessage, response: ServerResponse) =>
        (times += 1) === 1 ? serve(CONTENT, 1000)(request, response) : void response.end(CONTENT),
    ]) {
      answer = wrong;
      await assert.rejects(download(), { code: "save-refused" });
      assert.deepEqual(await readdir(directory), []);
    }
  });

  it("are given up after some patience, at once when refused or cancelled, and leave nothing", async () => {
    answer = (_request, response) => void response.destroy();
    await assert.rejects(download({ patienceMs: 300 }), { code: "controller-unreachable" });
    answer = (_request, response) =>
      void response
        .writeHead(404)
        .end(JSON.stringify(new AppError("not-found", { what: "upload" }).toPayload()));
    ranges.length = 0;
    await assert.rejects(download(), { code: "not-found" });
    assert.equal(ranges.length, 1);
    answer = (_request, response) => void response.write("x");
    const giveUp = new AbortController();
    const begun = download({ signal: giveUp.signal, onProgress: () => giveUp.abort() });
    await assert.rejects(begun, { code: "cancelled" });
    assert.deepEqual(await readdir(directory), []);
  });

  it("are sent, once more after a cut, and compared with what arrived", async () => {
    const { file } = common();
    await writeFile(file, CONTENT);
    let times = 0;
    answer = async (request, response) => {
      times += 1;
      if (times === 1) return void request.once("data", () => request.destroy());
      const got: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) got.push(chunk);
      const bytes = Buffer.concat(got);
      response.end(JSON.stringify({ sha256: sha256(bytes), sizeBytes: bytes.length }));
    };
    assert.deepEqual(await uploadBlob({ ...common(), patienceMs: 5000 }), BLOB);
    times = 0;
    await assert.rejects(uploadBlob(common()), { code: "controller-unreachable" });
    answer = (request, response) => {
      request.resume().on("end", () => response.end(JSON.stringify({ ...BLOB, sha256: "0".repeat(64) })));
    };
    await assert.rejects(uploadBlob(common()), { code: "save-refused", message: /damaged/ });
    await assert.rejects(uploadBlob({ ...common(), file: join(directory, "none") }), {
      code: "save-not-found",
    });
    await assert.rejects(uploadBlob({ ...common(), file: directory }), { code: "save-refused" });
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
