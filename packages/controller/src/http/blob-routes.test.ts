import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { HTTP_PATHS } from "@switchyard/protocol";
import { eventually, startTestCluster, type TestCluster } from "../testing/test-cluster.js";

const LIMIT = 3_000_000;

describe("uploads", () => {
  let cluster: TestCluster;
  let token: string;

  beforeEach(async () => {
    cluster = await startTestCluster({ config: { maxUploadBytes: LIMIT } });
    token = (await cluster.controller.createUserToken("admin")).token;
  });
  afterEach(() => cluster.close());

  const url = (sha256 = "") => cluster.controller.url + HTTP_PATHS.blobs + (sha256 && `/${sha256}`);
  const put = (
    body: Uint8Array | ReadableStream | string,
    bearer = token,
    type = "application/octet-stream",
  ) =>
    fetch(url(), {
      method: "PUT",
      headers: { authorization: `Bearer ${bearer}`, "content-type": type },
      body,
      duplex: "half",
    } as RequestInit);
  const get = (sha256: string, headers: Record<string, string> = {}) =>
    fetch(url(sha256), { headers: { authorization: `Bearer ${token}`, ...headers } });
  const codeOf = async (response: Response) => [
    response.status,
    ((await response.json()) as { code: string }).code,
  ];
  const kept = async () => {
    const directory = join(cluster.directory, "controller", "blobs");
    return [...(await readdir(directory)), ...(await readdir(join(directory, "incoming")))].sort();
  };

  it("come back as they were, whole and in ranges, also after a restart", async () => {
    const bytes = randomBytes(2_000_000);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const answer = await put(bytes);
    assert.deepEqual([answer.status, await answer.json()], [200, { sha256, sizeBytes: bytes.length }]);
    assert.deepEqual(await (await put(bytes)).json(), { sha256, sizeBytes: bytes.length });
    await cluster.restart();
    const whole = await get(sha256);
    assert.equal(whole.headers.get("content-length"), String(bytes.length));
    assert.ok(bytes.equals(Buffer.from(await whole.arrayBuffer())));
    const part = await get(sha256, { range: "bytes=1000-" });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), `bytes 1000-${bytes.length - 1}/${bytes.length}`);
    assert.ok(bytes.subarray(1000).equals(Buffer.from(await part.arrayBuffer())));
    assert.equal((await get(sha256, { range: `bytes=${bytes.length}-` })).status, 416);
  });

  it("are for users who may create instances or work with saves, and for hosts", async () => {
    const other = await cluster.tokenFor(["cluster.view"]);
    assert.deepEqual(await codeOf(await put("x", other)), [403, "permission-denied"]);
    const { token: hostToken } = await cluster.controller.createHostToken("one");
    assert.equal((await put("export", hostToken)).status, 200);
    const writer = await cluster.tokenFor(["save.write"]);
    assert.equal((await put("x", writer)).status, 200);
    assert.equal((await put("x", await cluster.tokenFor(["save.read"]))).status, 403);
    assert.deepEqual(await codeOf(await put("x", "swu_nobody")), [401, "token-unknown"]);
    const { sha256 } = (await (await put("save")).json()) as { sha256: string };
    const fetched = await fetch(url(sha256), { headers: { authorization: `Bearer ${hostToken}` } });
    assert.equal(await fetched.text(), "save");
    assert.equal((await fetch(url(sha256))).status, 401);
    const refused = await fetch(url(sha256), { headers: { authorization: `Bearer ${other}` } });
    assert.equal(refused.status, 403);
    const authorization = `Bearer ${await cluster.tokenFor(["save.read"])}`;
    const named = await fetch(`${url(sha256)}?name=${encodeURIComponent("w'ö.zip")}`, {
      headers: { authorization },
    });
    assert.equal(named.headers.get("content-disposition"), "attachment; filename*=UTF-8''w%27%C3%B6.zip");
    await named.body?.cancel();
    for (const name of ["../x.zip", 'a".zip', "a\r\nb.zip", "nul.zip"]) {
      const hostile = await fetch(`${url(sha256)}?name=${encodeURIComponent(name)}`, {
        headers: { authorization },
      });
      assert.deepEqual(await codeOf(hostile), [400, "bad-request"], name);
    }
  });

  it("that are too large are refused, with and without a length said before, and leave nothing", async () => {
    const large = randomBytes(LIMIT + 1);
    assert.deepEqual(await codeOf(await put(large)), [413, "payload-too-large"]);
    const stream = new Blob([large]).stream();
    assert.deepEqual(await codeOf(await put(stream)), [413, "payload-too-large"]);
    assert.deepEqual(await kept(), ["incoming"]);
    assert.equal((await put(large.subarray(0, LIMIT))).status, 200);
  });

  it("that break off leave nothing", async () => {
    const request = httpRequest(url(), {
      method: "PUT",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/octet-stream",
        "content-length": 1_000_000,
      },
    });
    request.on("error", () => undefined);
    request.write(randomBytes(300_000));
    await eventually(async () => (await kept()).length > 1 || undefined, "The upload begins");
    request.destroy();
    await eventually(async () => (await kept()).length === 1 || undefined, "What was left is cleared away");
  });

  it("must be octet streams, and unknown names are not found", async () => {
    assert.deepEqual(await codeOf(await put("x", token, "text/plain")), [400, "bad-request"]);
    assert.deepEqual(await codeOf(await get("0".repeat(64))), [404, "not-found"]);
    assert.deepEqual(await codeOf(await get("..%2fcontroller.db")), [404, "not-found"]);
  });

  it("that do not fit the disk are refused with a sentence, and leave nothing", async function () {
    const small = join(cluster.directory, "small");
    mkdirSync(small);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=900k", "tmpfs", small], { stdio: "ignore" });
    } catch {
      console.log("    skipped: a small file system cannot be mounted here");
      return this.skip();
    }
    try {
      const { Blobs } = await import("../state/blobs.js");
      const blobs = new Blobs({ store: undefined as never, directory: small, maxBytes: LIMIT });
      await blobs.open();
      const upload = blobs.add(new Blob([randomBytes(2_000_000)]).stream() as never, {
        name: "",
        origin: "",
      });
      await assert.rejects(upload, (error: { code: string }) => error.code === "disk-full");
      assert.deepEqual(await readdir(join(small, "incoming")), []);
    } finally {
      execFileSync("umount", [small]);
    }
  });
});
