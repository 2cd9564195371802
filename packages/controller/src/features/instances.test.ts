import assert from "node:assert/strict";
import {
  AssignInstance,
  CreateInstance,
  DeleteInstance,
  EndInstance,
  ListInstances,
  RemoveInstance,
  RunInstance,
  StartInstance,
  StopInstance,
  type InstanceStatus,
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

const TO_CONTROLLER = { to: "controller" };

describe("instances", () => {
  let cluster: TestCluster;
  let admin: TestPeer;

  beforeEach(async () => {
    cluster = await startTestCluster();
    admin = await cluster.connectControl((await cluster.controller.createUserToken("admin")).token);
  });
  afterEach(() => cluster.close());

  async function addHost(name: string): Promise<TestHost> {
    const host = await cluster.connectHost(name);
    host.dispatcher.handle(AssignInstance, () => ({ status: statusOf("stopped", 1) }));
    host.dispatcher.handle(RemoveInstance, () => ({}));
    return host;
  }
  const create = async (name: string) =>
    (await admin.dispatcher.request(CreateInstance, { name }, TO_CONTROLLER)).instance;
  const list = async () => (await admin.dispatcher.request(ListInstances, {}, TO_CONTROLLER)).instances;

  it("need a connected host, and go to the one with the fewest", async () => {
    await assert.rejects(create("map"), refusal("no-host-available"));
    const [one, two] = [await addHost("one"), await addHost("two")];
    const placed = [await create("a"), await create("b"), await create("c"), await create("d")];
    const counts = [one, two].map(({ hostId }) => placed.filter(({ spec }) => spec.hostId === hostId).length);
    assert.deepEqual(counts, [2, 2]);
  });

  it("have names of their own, whatever the case", async () => {
    await addHost("one");
    await create("Main");
    await assert.rejects(create("main"), refusal("name-taken"));
    const attempts = await Promise.allSettled([create("twin"), create("twin")]);
    assert.deepEqual(attempts.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  });

  it("cannot begin with a save that was not uploaded", async () => {
    await addHost("one");
    const save = { name: "map.zip", blob: { sha256: "0".repeat(64), sizeBytes: 5 } };
    await assert.rejects(
      admin.dispatcher.request(CreateInstance, { name: "map", save }, TO_CONTROLLER),
      refusal("not-found"),
    );
    assert.deepEqual(await list(), []);
  });

  it("are deleted only when stopped, and on the host first", async () => {
    const host = await addHost("one");
    const { id } = await create("map");
    await host.register([{ id, status: statusOf("running") }]);
    const remove = () => admin.dispatcher.request(DeleteInstance, { instanceId: id }, TO_CONTROLLER);
    await assert.rejects(remove(), refusal("instance-not-stopped"));
    await host.register([{ id, status: statusOf("stopped") }]);
    await remove();
    assert.deepEqual(await list(), []);
    await assert.rejects(remove(), refusal("instance-not-found"));
  });

  it("that the host does not report do not run, whatever was known before", async () => {
    const host = await addHost("one");
    const { id } = await create("map");
    await host.register([{ id, status: statusOf("running") }]);
    assert.equal((await list())[0]?.status.state, "running");
    const answer = await host.register([]);
    assert.equal((await list())[0]?.status.state, "stopped");
    assert.deepEqual(
      answer.instances.map((spec) => spec.id),
      [id],
    );
  });

  it("are started one command after another, but a stop does not wait for a start", async () => {
    const host = await addHost("one");
    const { id } = await create("map");
    const said: string[] = [];
    let finishStart: ((status: InstanceStatus) => void) | undefined;
    host.dispatcher.handle(RunInstance, async () => {
      said.push("run");
      return { status: await new Promise<InstanceStatus>((resolve) => (finishStart = resolve)) };
    });
    host.dispatcher.handle(EndInstance, () => {
      said.push("end");
      finishStart?.(statusOf("stopped"));
      return { status: statusOf("stopped") };
    });
    const start = () => admin.dispatcher.request(StartInstance, { instanceId: id }, TO_CONTROLLER);
    const first = start();
    const second = start();
    const { status } = await admin.dispatcher.request(StopInstance, { instanceId: id }, TO_CONTROLLER);
    assert.equal(status.state, "stopped");
    await first;
    assert.deepEqual(said.slice(0, 2), ["run", "end"]);
    await eventually(() => said.length === 3 || undefined, "The second start reaches the host");
    finishStart?.(statusOf("running"));
    await second;
    assert.deepEqual(said, ["run", "end", "run"]);
  });
});
