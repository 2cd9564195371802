import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import JSZip from "jszip";
import { connectControl, uploadSave, type ControlConnection } from "@switchyard/ctl";
import {
  CopySave,
  CreateSave,
  DeleteSave,
  ExportSave,
  HTTP_PATHS,
  ImportSave,
  instanceAddress,
  ListInstances,
  ListSaves,
  RenameSave,
  StartInstance,
  StopInstance,
  TransferSave,
  type AppError,
  type BlobReference,
  type Save,
} from "@switchyard/protocol";
import { SplitCluster } from "@switchyard/test-kit";

const START_TIMEOUT_MS = 30_000;

describe("saves of instances", function () {
  let cluster: SplitCluster;
  let control: ControlConnection;
  let [alpha, beta] = ["", ""];
  let [alphaSaves, betaSaves] = ["", ""];
  let world = "";
  let big: { blob: BlobReference; file: string } | undefined;

  before(async () => {
    cluster = await SplitCluster.start({ hosts: 2, plugins: [] });
    control = await connectControl({ url: cluster.url, token: cluster.token, version: "test" });
    alphaSaves = join(await cluster.createInstance("alpha", "host-1"), "saves");
    const created = (await cluster.ctl("instance", "create", "beta", "--host", "host-2")) as { id: string };
    betaSaves = join(cluster.directory, "host-2", "instances", `${created.id}-beta`, "saves");
    const { instances } = await control.request(ListInstances, {});
    const idOf = (name: string) => instances.find(({ spec }) => spec.name === name)?.id ?? "";
    [alpha, beta] = [idOf("alpha"), idOf("beta")];
  });

  after(async () => {
    await control?.close();
    await cluster?.close();
  });

  const list = async (id = alpha) =>
    (await control.request(ListSaves, {}, { to: instanceAddress(id) })).saves;
  const find = async (name: string, id = alpha) => (await list(id)).find((save) => save.name === name);
  const upload = (file: string) => uploadSave({ url: cluster.url, token: cluster.token, file });
  const importSave = (id: string, name: string, blob: BlobReference) =>
    control.request(ImportSave, { name, blob }, { to: instanceAddress(id) });
  const files = async (folder: string) => (await readdir(folder).catch(() => [])).sort();
  const path = (name: string) => join(cluster.directory, name);

  it("are listed with what they hold, and which one runs", async () => {
    const saves = await list();
    assert.equal(saves.length, 1);
    const [save] = saves as [Save];
    world = save.name;
    assert.equal(save.sizeBytes, (await stat(join(alphaSaves, world))).size);
    assert.deepEqual([save.isLoaded, save.isAutosave, save.fault], [true, false, null]);
    assert.equal(save.scenario, "base/freeplay");
    assert.match(save.factorioVersion ?? "", /^2\.\d+\.\d+/);
    assert.deepEqual(
      save.modules.map(({ name }) => name),
      ["switchyard_core"],
    );
    assert.deepEqual(await list(beta), []);
  });

  it("are downloaded as they are, with switchyardctl", async () => {
    const file = path("downloaded.zip");
    const answer = (await cluster.ctl("save", "download", "alpha", world, file)) as { sha256: string };
    const bytes = await readFile(file);
    assert.ok(bytes.equals(await readFile(join(alphaSaves, world))));
    assert.equal(answer.sha256, sha256(bytes));
    await assert.rejects(cluster.ctl("save", "download", "alpha", world, file), /--force/);
    await cluster.ctl("save", "download", "alpha", world, file, "--force");
    assert.deepEqual(
      (await files(cluster.directory)).filter((name) => name.includes(".part")),
      [],
    );
  });

  it("are uploaded beside the others, and played when that is asked for", async () => {
    const future = new Date(Date.now() + 3_600_000);
    await utimes(path("downloaded.zip"), future, future);
    const added = (await cluster.ctl("save", "upload", "alpha", path("downloaded.zip"))) as Save;
    assert.equal(added.name, "downloaded.zip");
    assert.equal((await list())[0]?.name, world, "the next start goes on with the same map as before");
    const twice = (await cluster.ctl("save", "upload", "alpha", path("downloaded.zip"))) as Save;
    assert.equal(twice.name, "downloaded-2.zip");

    const start = (save: string) =>
      control.request(StartInstance, { instanceId: alpha, save }, { timeoutMs: START_TIMEOUT_MS });
    const stop = () => control.request(StopInstance, { instanceId: alpha }, { timeoutMs: START_TIMEOUT_MS });
    await assert.rejects(start("downloaded.zip"), isRefusal("instance-not-stopped"));
    await stop();
    await assert.rejects(start("none.zip"), isRefusal("save-not-found"));
    await cluster.ctl("instance", "start", "alpha", "--save", "downloaded");
    assert.equal((await find("downloaded.zip"))?.isLoaded, true);
    assert.equal((await find(world))?.isLoaded, false);
    await stop();
    await control.request(StartInstance, { instanceId: alpha }, { timeoutMs: START_TIMEOUT_MS });
    assert.equal((await find("downloaded.zip"))?.isLoaded, true, "later starts go on with it");
  });

  it("are copied, renamed and deleted, but for the one that runs", async () => {
    const to = { to: instanceAddress(alpha) };
    const copied = await control.request(CopySave, { save: "downloaded.zip" }, to);
    assert.equal(copied.save.name, "downloaded-3.zip");
    const renamed = await control.request(RenameSave, { save: "downloaded-3.zip", to: "Kopie ö.zip" }, to);
    assert.equal(renamed.save.name, "Kopie ö.zip");
    const clash = await control.request(RenameSave, { save: "Kopie ö.zip", to: "DOWNLOADED-2.zip" }, to);
    assert.equal(
      clash.save.name,
      "DOWNLOADED-2-2.zip",
      "names that only differ in case are the same elsewhere",
    );
    for (const work of [
      control.request(DeleteSave, { save: "downloaded.zip" }, to),
      control.request(RenameSave, { save: "downloaded.zip", to: "b.zip" }, to),
    ])
      await assert.rejects(work, isRefusal("save-in-use"));
    await control.request(DeleteSave, { save: "DOWNLOADED-2-2.zip" }, to);
    assert.equal(await find("DOWNLOADED-2-2.zip"), undefined);
    const deleted = await files(join(cluster.directory, "host-1", "deleted"));
    assert.equal(deleted.filter((name) => name.endsWith("DOWNLOADED-2-2.zip")).length, 1);
    await assert.rejects(
      control.request(DeleteSave, { save: "DOWNLOADED-2-2.zip" }, to),
      isRefusal("save-not-found"),
    );
  });

  it("are made while the instance runs", async () => {
    const params = { name: "island.zip", seed: 7, preset: "island", mapGenSettings: { water: 2 } };
    const { save } = await control.request(CreateSave, params, { to: instanceAddress(alpha) });
    assert.deepEqual([save.name, save.fault, save.isLoaded], ["island.zip", null, false]);
    assert.equal((await list())[0]?.name, "downloaded.zip");
    const left = (await files(join(alphaSaves, ".."))).filter((name) => name.startsWith("new-map-"));
    assert.deepEqual(left, []);
  });

  it("go to an instance of another host, byte by byte, and leave their source when that is asked for", async () => {
    const before = await readFile(join(alphaSaves, world));
    const params = { instanceId: alpha, save: world, toInstanceId: beta };
    const copied = await control.request(TransferSave, params);
    assert.deepEqual([copied.save.name, copied.sourceDeleted], [world, false]);
    assert.ok(before.equals(await readFile(join(betaSaves, world))));
    assert.equal(copied.blob.sha256, sha256(before));
    assert.ok(await find(world));
    const answer = (await cluster.ctl(
      ...["save", "transfer", "alpha", world, "beta", "--name", "moved", "--delete-source"],
    )) as { sourceDeleted: boolean };
    assert.equal(answer.sourceDeleted, true);
    assert.equal(await find(world), undefined);
    assert.ok(before.equals(await readFile(join(betaSaves, "moved.zip"))));
    const running = { ...params, save: "downloaded.zip", deleteSource: true };
    await assert.rejects(control.request(TransferSave, running), isRefusal("save-in-use"));
  });

  it("that are torn are refused and leave nothing", async () => {
    const before = await files(betaSaves);
    const whole = await readFile(path("downloaded.zip"));
    for (const [name, bytes] of [
      ["torn.zip", whole.subarray(0, whole.length - 1000)],
      ["text.zip", Buffer.from("not a save")],
    ] as const) {
      await writeFile(path(name), bytes);
      const { blob } = await upload(path(name));
      await assert.rejects(importSave(beta, name, blob), isRefusal("save-refused"));
    }
    await assert.rejects(
      importSave(beta, "none.zip", { sha256: "0".repeat(64), sizeBytes: 10 }),
      isRefusal("not-found"),
    );
    assert.deepEqual(await files(betaSaves), before);
  });

  it("with hostile names are refused everywhere", async () => {
    const before = [await files(alphaSaves), await files(cluster.directory)];
    const { blob } = await upload(path("downloaded.zip"));
    const to = { to: instanceAddress(alpha) };
    const save = "downloaded-2.zip";
    for (const name of [
      "../x.zip",
      "a/b.zip",
      "a\\b.zip",
      "C:x.zip",
      "CON.zip",
      "x.tmp.zip",
      "x",
      "a\nb.zip",
      ".zip",
    ]) {
      for (const work of [
        control.request(ImportSave, { name, blob }, to),
        control.request(CopySave, { save, to: name }, to),
        control.request(RenameSave, { save, to: name }, to),
        control.request(DeleteSave, { save: name }, to),
        control.request(ExportSave, { save: name }, to),
        control.request(CreateSave, { name }, to),
      ])
        await assert.rejects(work, isRefusal("bad-request"), name);
    }
    await assert.rejects(importSave(alpha, `${"𝔣".repeat(100)}.zip`, blob), isRefusal("bad-request"));
    assert.deepEqual([await files(alphaSaves), await files(cluster.directory)], before);
  });

  it("arrive whole when the link is cut on the way", async () => {
    const { blob, file } = (big = await makeBigSave());
    const { proxy } = cluster.hosts[1] as SplitCluster["hosts"][number];
    const before = proxy.connections;
    proxy.delay(100);
    let cuts = 0;
    const { save } = await control.request(
      ImportSave,
      { name: "big.zip", blob },
      {
        to: instanceAddress(beta),
        onProgress: () => {
          if (cuts > 0) return;
          cuts += 1;
          proxy.cut();
          setTimeout(() => proxy.heal(), 300);
        },
      },
    );
    proxy.heal();
    assert.equal(cuts, 1, "the link was cut while bytes were on their way");
    assert.ok(proxy.connections > before + 1);
    assert.equal(save.sizeBytes, blob.sizeBytes);
    assert.equal(sha256(await readFile(join(betaSaves, "big.zip"))), sha256(await readFile(file)));
    assert.deepEqual(await unfinished(), []);
  });

  it("leave nothing when the transfer is given up", async () => {
    const { blob } = big ?? (await makeBigSave());
    const { proxy } = cluster.hosts[1] as SplitCluster["hosts"][number];
    proxy.delay(100);
    const giveUp = new AbortController();
    const begun = control.request(
      ImportSave,
      { name: "given-up.zip", blob },
      { to: instanceAddress(beta), signal: giveUp.signal, onProgress: () => giveUp.abort() },
    );
    await assert.rejects(begun, isRefusal("cancelled"));
    proxy.heal();
    for (const until = Date.now() + 5000; (await unfinished()).length > 0 && Date.now() < until;)
      await pause(20);
    assert.deepEqual(await unfinished(), []);
    assert.equal(await find("given-up.zip", beta), undefined);
  });

  it("can be uploaded by hosts only with their own token", async () => {
    const url = cluster.url + HTTP_PATHS.blobs;
    const headers = { "content-type": "application/octet-stream", authorization: "Bearer swh_wrong" };
    assert.equal((await fetch(url, { method: "PUT", headers, body: "x" })).status, 401);
  });

  const unfinished = async () => (await files(betaSaves)).filter((name) => name.endsWith(".tmp.zip"));

  /** A sound save with ballast that cannot be compressed. */
  async function makeBigSave(): Promise<{ blob: BlobReference; file: string }> {
    const zip = await JSZip.loadAsync(await readFile(path("downloaded.zip")));
    const [root = ""] = Object.keys(zip.files)[0]?.split("/") ?? [];
    zip.file(`${root}/ballast.bin`, randomBytes(48 * 1024 * 1024));
    const file = path("big.zip");
    await writeFile(file, await zip.generateAsync({ type: "nodebuffer", compression: "STORE" }));
    return { file, blob: (await upload(file)).blob };
  }
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function isRefusal(code: string): (error: AppError) => boolean {
  return (error) => {
    assert.equal(error.code, code, error.message);
    return true;
  };
}
