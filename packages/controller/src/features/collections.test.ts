import assert from "node:assert/strict";
import {
  AssignInstance,
  CreateInstance,
  DeleteInstance,
  InstanceStatusChanged,
  instanceAddress,
  RemoveInstance,
  WatchCollection,
  type Instance,
  type ResultOf,
} from "@switchyard/protocol";
import {
  eventually,
  startTestCluster,
  statusOf,
  type TestCluster,
  type TestHost,
  type TestPeer,
} from "../testing/test-cluster.js";

const TO_CONTROLLER = { to: "controller" };

describe("watched collections", () => {
  let cluster: TestCluster;
  let host: TestHost;
  let admin: TestPeer;
  let adminToken: string;

  beforeEach(async () => {
    cluster = await startTestCluster();
    adminToken = (await cluster.controller.createUserToken("admin")).token;
    host = await cluster.connectHost("one");
    admin = await cluster.connectControl(adminToken);
    answerAssignments(host);
  });
  afterEach(() => cluster.close());

  function answerAssignments({ dispatcher }: TestPeer): void {
    dispatcher.handle(AssignInstance, () => ({ status: statusOf("stopped", 1) }));
    dispatcher.handle(RemoveInstance, () => ({}));
  }
  const watch = (peer: TestPeer, sinceRevision: number): Promise<ResultOf<typeof WatchCollection>> =>
    peer.dispatcher.request(WatchCollection, { collection: "instances", sinceRevision }, TO_CONTROLLER);
  const create = async (name: string): Promise<string> =>
    (await admin.dispatcher.request(CreateInstance, { name }, TO_CONTROLLER)).instance.id;
  const lastOf = (peer: TestPeer, id: string) => peer.changes.findLast((change) => change.id === id);

  it("begin with a whole snapshot, and go on with what changes", async () => {
    const first = await create("first");
    const snapshot = await watch(admin, 0);
    assert.equal(snapshot.complete, true);
    assert.deepEqual(
      snapshot.changes.map(({ id }) => id),
      [first],
    );
    const second = await create("second");
    const change = await eventually(() => lastOf(admin, second), "The new instance is told of");
    assert.equal((change.value as Instance).spec.name, "second");
    assert.ok(change.revision > snapshot.revision);
  });

  it("join quick changes of one entity", async () => {
    const id = await create("busy");
    await watch(admin, 0);
    const from = instanceAddress(id);
    for (let at = 1; at <= 30; at += 1) {
      const status = { ...statusOf("running", at), words: String(at) };
      host.dispatcher.emit(InstanceStatusChanged, { status }, { ...TO_CONTROLLER, from });
    }
    await eventually(
      () => (lastOf(admin, id)?.value as Instance | undefined)?.status.words === "30" || undefined,
      "The last status is told of",
    );
    assert.ok(admin.changes.length < 30, `${admin.changes.length} changes were sent`);
  });

  it("tell those who were away what changed and what is gone, also across a restart", async () => {
    const kept = await create("kept");
    const gone = await create("gone");
    const { revision } = await watch(admin, 0);
    await admin.dispatcher.request(DeleteInstance, { instanceId: gone }, TO_CONTROLLER);
    const later = await create("later");
    await cluster.restart();

    const again = await cluster.connectControl(adminToken);
    const answer = await watch(again, revision);
    assert.equal(answer.complete, false);
    assert.ok(answer.revision > revision);
    const told = new Map(answer.changes.map(({ id, value }) => [id, value as Instance | null]));
    assert.equal(told.get(gone), null);
    assert.equal(told.get(later)?.spec.name, "later");
    // Its host went away with the old controller, which is a change of what is shown.
    assert.equal(told.get(kept)?.status.state, "unknown");
    assert.equal((await watch(again, answer.revision)).changes.length, 0);
  });

  it("are given whole to somebody who knows a revision that never was", async () => {
    const id = await create("one");
    const answer = await watch(admin, 1_000_000);
    assert.equal(answer.complete, true);
    assert.deepEqual(
      answer.changes.map((change) => change.id),
      [id],
    );
  });
});
