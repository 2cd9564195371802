import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { makeDirectory } from "../testing/fixtures.js";
import { downloadBlob } from "./download-save.js";

describe("download of a save", () => {
  const content = Buffer.alloc(300_000, "factory");
  const sha256 = createHash("sha256").update(content).digest("hex");
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let server: Server;
  let body: Buffer;
  let asked: { url: string | undefined; authorization: string | undefined };

  beforeEach(async () => {
    directory = await makeDirectory();
    body = content;
    server = createServer((request, response) => {
      asked = { url: request.url, authorization: request.headers.authorization };
      if (request.headers.authorization !== "Bearer secret") response.writeHead(401).end();
      else response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await directory.remove();
  });

  function download(changes: Partial<Parameters<typeof downloadBlob>[0]> = {}): Promise<void> {
    return downloadBlob({
      controllerUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: "secret",
      blob: { sha256, sizeBytes: content.length },
      target: join(directory.path, "a.zip"),
      signal: new AbortController().signal,
      ...changes,
    });
  }

  it("asks by the checksum with the host's token and keeps the bytes", async () => {
    await download();
    assert.deepEqual(asked, { url: `/api/v1/blobs/${sha256}`, authorization: "Bearer secret" });
    assert.deepEqual(await readFile(join(directory.path, "a.zip")), content);
  });

  it("refuses other bytes than were promised and leaves nothing behind", async () => {
    for (const wrong of [
      Buffer.from(content).fill(0, 5, 6),
      content.subarray(1),
      Buffer.concat([content, content]),
    ]) {
      body = wrong;
      await assert.rejects(download(), { code: "save-refused" });
      assert.deepEqual(await readdir(directory.path), []);
    }
  });

  it("tells that the controller does not give it", async () => {
    await assert.rejects(download({ token: "wrong" }), { code: "controller-unreachable", message: /401/ });
    await assert.rejects(download({ controllerUrl: "http://127.0.0.1:1" }), {
      code: "controller-unreachable",
    });
  });

  it("ends when it is cancelled", async () => {
    const cancelled = new Error("cancelled");
    await assert.rejects(download({ signal: AbortSignal.abort(cancelled) }), cancelled);
    assert.deepEqual(await readdir(directory.path), []);
  });
});
