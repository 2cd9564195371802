import assert from "node:assert/strict";
import {
  AppError,
  CreateInstance,
  DeleteSave,
  ExportSave,
  ImportSave,
  instanceAddress,
  ListSaves,
  TransferSave,
  type Save,
} from "@switchyard/protocol";
import {
  eventually,
  refusal,
  startTestCluster,
  statusOf,
  type TestCluster,
  type TestHost,
  type TestPeer,
} from "../testing/test-cluster.js";
import { ControllerStore } from "../store/controller-store.js";
import { join } from "node:path";

const BLOB = { sha256: "a".repeat(64), sizeBytes: 3 };

describe("saves in the controller", () => {
  let cluster: TestCluster;
  let [north, south] = [] as unknown as [TestHost, TestHost];
  let admin: TestPeer;
  let from = "";
  let to = "";
  const deleted: unknown[] = [];
  let importing: () => Promise<void> = () => Promise.resolve();

  before(async () => {
    cluster = await startTestCluster();
    [north, south] = [await cluster.connectHost("north"), await cluster.connectHost("south")];
    admin = await cluster.connectControl(await cluster.tokenFor(["admin"]));
    const create = async (name: string, hostId: string) =>
      (await admin.dispatcher.request(CreateInstance, { name, hostId }, { to: "controller" })).instance.id;
    from = await create("from", north.hostId);
    to = await create("to", south.hostId);
    await north.register([{ id: from, status: { ...statusOf("running"), save: "loaded.zip" } }]);
    north.dispatcher.handle(ExportSave, (_params, context) => {
      context.progress({ phase: "export", doneBytes: 3, sizeBytes: 3 });
      return { blob: BLOB, modifiedAtMs: 5 };
    });
    north.dispatcher.handle(DeleteSave, (params) => {
      deleted.push(params);
      return {};
    });
    south.dispatcher.handle(ImportSave, async ({ name, blob, modifiedAtMs }) => {
      assert.deepEqual([blob, modifiedAtMs], [BLOB, 5]);
      await importing();
      return { save: saveNamed(name) };
    });
  });

  after(() => cluster.close());

  beforeEach(() => {
    deleted.length = 0;
    importing = () => Promise.resolve();
  });

  const transfer = (peer: TestPeer, extra: object = {}, onProgress?: (value: unknown) => void) =>
    peer.dispatcher.request(
      TransferSave,
      { instanceId: from, save: "a.zip", toInstanceId: to, ...extra },
      { to: "controller", ...(onProgress && { onProgress }) },
    );

  it("go from one instance to another, with progress, and stay where they were", async () => {
    const progress: unknown[] = [];
    const { save, sourceDeleted, blob } = await transfer(admin, { name: "b.zip" }, (value) =>
      progress.push(value),
    );
    assert.deepEqual([save.name, sourceDeleted, blob], ["b.zip", false, BLOB]);
    assert.deepEqual(progress, [{ phase: "export", doneBytes: 3, sizeBytes: 3 }]);
    assert.deepEqual(deleted, []);
  });

  it("are deleted at the source only when the target has them", async () => {
    importing = () => {
      assert.deepEqual(deleted, []);
      return Promise.reject(new AppError("disk-full", { path: "x" }));
    };
    await assert.rejects(transfer(admin, { deleteSource: true }), refusal("disk-full"));
    assert.deepEqual(deleted, []);
    importing = () => Promise.resolve();
    assert.equal((await transfer(admin, { deleteSource: true })).sourceDeleted, true);
    assert.deepEqual(deleted, [{ save: "a.zip", expected: BLOB }]);
  });

  it("that run are not moved away", async () => {
    const moving = transfer(admin, { save: "loaded.zip", deleteSource: true });
    await assert.rejects(moving, refusal("save-in-use"));
  });

  it("need save.read, and save.delete to be moved", async () => {
    const writer = await cluster.connectControl(await cluster.tokenFor(["save.write"]));
    await assert.rejects(transfer(writer), refusal("permission-denied"));
    const copier = await cluster.connectControl(await cluster.tokenFor(["save.write", "save.read"]));
    await assert.rejects(transfer(copier, { deleteSource: true }), refusal("permission-denied"));
    assert.ok(await transfer(copier));
    const viewer = await cluster.connectControl(await cluster.tokenFor(["cluster.view"]));
    north.dispatcher.handle(ListSaves, () => ({ saves: [], leftOut: 0 }));
    await viewer.dispatcher.request(ListSaves, {}, { to: instanceAddress(from) });
    await assert.rejects(
      viewer.dispatcher.request(ExportSave, { save: "a.zip" }, { to: instanceAddress(from) }),
      refusal("permission-denied"),
    );
  });

  it("leave an audit row for each request that passes, with its outcome", async () => {
    await admin.dispatcher.request(DeleteSave, { save: "gone.zip" }, { to: instanceAddress(from) });
    importing = () => Promise.reject(new AppError("save-refused", { reason: "torn" }));
    await assert.rejects(
      admin.dispatcher.request(
        ImportSave,
        { name: "t.zip", blob: BLOB, modifiedAtMs: 5 },
        { to: instanceAddress(to) },
      ),
      refusal("save-refused"),
    );
    const store = await ControllerStore.open(join(cluster.directory, "controller", "controller.db"));
    try {
      const rows = await eventually(async () => {
        const found = await store.db
          .selectFrom("audit")
          .selectAll()
          .where("action", "like", "save.%")
          .execute();
        return found.some(({ outcome }) => outcome === "save-refused") ? found : undefined;
      }, "The rows are written");
      const about = (action: string, name: string) =>
        rows
          .filter((row) => row.action === action && row.after?.includes(name))
          .map(({ outcome }) => outcome);
      assert.deepEqual(about("save.delete", "gone.zip"), ["done"]);
      assert.deepEqual(about("save.import", "t.zip"), ["save-refused"]);
      assert.deepEqual(about("save.transfer", "loaded.zip"), ["save-in-use"]);
      assert.ok(rows.every(({ actor }) => actor.startsWith("user/")));
    } finally {
      await store.close();
    }
  });
});

function saveNamed(name: string): Save {
  return {
    ...{ name, sizeBytes: 3, modifiedAtMs: 5, isLoaded: false, isAutosave: false, factorioVersion: null },
    ...{ scenario: null, script: null, modules: [], mods: null, fault: null },
  };
}
