import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestCluster, type TestCluster } from "../testing/test-cluster.js";

describe("the HTTP server", () => {
  let webRoot: string;
  let cluster: TestCluster;

  before(async () => {
    webRoot = await mkdtemp(join(tmpdir(), "switchyard-panel-"));
    await mkdir(join(webRoot, "assets"));
    await writeFile(join(webRoot, "index.html"), "<!doctype html><title>panel</title>");
    await writeFile(join(webRoot, "assets", "index-abc.js"), "void 0;");
    cluster = await startTestCluster({ webRoot });
  });
  after(async () => {
    await cluster.close();
    await rm(webRoot, { recursive: true, force: true });
  });

  const get = (path: string, accept = "text/html") =>
    fetch(cluster.controller.url + path, { headers: { accept } });

  it("says that it serves, to anybody", async () => {
    const response = await get("/healthz", "*/*");
    assert.deepEqual([response.status, await response.json()], [200, { status: "ok" }]);
  });

  it("gives the panel for each of its pages, not kept, under a strict policy", async () => {
    for (const path of ["/", "/instances/abc", "/sign-in"]) {
      const response = await get(path);
      assert.equal(response.status, 200, path);
      assert.match(await response.text(), /panel/);
      assert.equal(response.headers.get("cache-control"), "no-cache");
      const policy = response.headers.get("content-security-policy") ?? "";
      assert.match(policy, /script-src 'self';/);
      assert.ok(!policy.includes("upgrade-insecure-requests"));
      assert.equal(response.headers.get("strict-transport-security"), null);
    }
  });

  it("lets files with a hash in their name be kept", async () => {
    const response = await get("/assets/index-abc.js", "*/*");
    assert.equal(response.status, 200);
    assert.match(response.headers.get("cache-control") ?? "", /immutable/);
  });

  it("finds neither missing files nor what lies outside", async () => {
    for (const path of ["/assets/missing.js", "/..%2f..%2fetc%2fpasswd", "/api/v1/none"]) {
      const response = await get(path, "*/*");
      assert.ok([403, 404, 400].includes(response.status), `${path}: ${response.status}`);
      assert.match(response.headers.get("content-type") ?? "", /json/);
    }
    assert.equal((await get("/api/v1/none")).status, 404);
  });
});
