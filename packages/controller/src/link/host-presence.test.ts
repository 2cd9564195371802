import assert from "node:assert/strict";
import { ControlGone, ListHosts, parseAddress } from "@switchyard/protocol";
import {
  connect,
  eventually,
  startTestCluster,
  type TestCluster,
  type TestPeer,
} from "../testing/test-cluster.js";

const TO_CONTROLLER = { to: "controller" };

describe("presence", () => {
  let cluster: TestCluster;
  let admin: TestPeer;

  beforeEach(async () => {
    cluster = await startTestCluster();
    admin = await cluster.connectControl((await cluster.controller.createUserToken("admin")).token);
  });
  afterEach(() => cluster.close());

  const isConnected = async () =>
    (await admin.dispatcher.request(ListHosts, {}, TO_CONTROLLER)).hosts[0]?.connected;

  it("of a host begins when it registers and ends with its session", async () => {
    const { token } = await cluster.controller.createHostToken("one");
    assert.equal(await isConnected(), false);
    const silent = await connect(cluster.controller.url, token);
    assert.equal(await isConnected(), false);
    await silent.close();
    const host = await cluster.connectHost("one");
    assert.equal(await isConnected(), true);
    await host.close();
    await eventually(async () => (await isConnected()) === false || undefined, "The host is away");
  });

  it("of a host goes over to a new session that takes the place of the old one", async () => {
    const first = await cluster.connectHost("one");
    const lost = new Promise<string | undefined>((resolve) => {
      first.session.onState((state, reason) => state === "lost" && resolve(reason?.code));
    });
    const second = await cluster.connectHost("one");
    assert.equal(await lost, "session-replaced");
    await second.register();
    assert.equal(await isConnected(), true);
    const { hosts } = await admin.dispatcher.request(ListHosts, {}, TO_CONTROLLER);
    assert.equal(hosts.length, 1, "a second token of the same name is for the same host");
  });

  it("of a control ends with a word to the hosts", async () => {
    const host = await cluster.connectHost("one");
    const told = new Promise<string>((resolve) =>
      host.dispatcher.on(ControlGone, ({ controlId }) => resolve(controlId)),
    );
    const address = parseAddress(
      admin.session.peer.address === "controller" ? admin.session.localAddress : "",
    );
    await admin.close();
    assert.equal(address?.kind === "control" && address.id, await told);
  });

  it("ends for all when the controller closes, which says so", async () => {
    const host = await cluster.connectHost("one");
    const lost = new Promise<string | undefined>((resolve) => {
      host.session.onState((state, reason) => state === "lost" && resolve(reason?.code));
    });
    await cluster.controller.close();
    assert.equal(await lost, "shutting-down");
  });
});
