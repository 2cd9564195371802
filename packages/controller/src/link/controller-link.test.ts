import assert from "node:assert/strict";
import {
  type AppError,
  CreateHostToken,
  CreateInstance,
  CreateSignInLink,
  EndInstance,
  AssignInstance,
  GetLog,
  GetSession,
  hostAddress,
  InstanceStatusChanged,
  instanceAddress,
  ListHosts,
  ListInstances,
  RunInstance,
  SendRcon,
  StartInstance,
  StopInstance,
} from "@switchyard/protocol";
import {
  connect,
  eventually,
  refusal,
  startTestCluster,
  statusOf,
  type TestCluster,
} from "../testing/test-cluster.js";

const TO_CONTROLLER = { to: "controller" };

describe("links to the controller", () => {
  let cluster: TestCluster;
  let adminToken: string;

  beforeEach(async () => {
    cluster = await startTestCluster();
    adminToken = (await cluster.controller.createUserToken("admin")).token;
  });
  afterEach(() => cluster.close());

  describe("refuse", () => {
    it("a token that nobody was given", async () => {
      await assert.rejects(
        connect(cluster.controller.url, `swu_${"x".repeat(43)}`),
        refusal("token-unknown"),
      );
    });

    it("a token whose time is over", async () => {
      const { token } = await cluster.controller.createHostToken("late", 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await assert.rejects(connect(cluster.controller.url, token), refusal("token-expired"));
    });

    it("a sign-in link's secret", async () => {
      const { url } = await cluster.controller.createSignInLink("admin");
      const secret = url.split("#token=")[1] ?? "";
      await assert.rejects(connect(cluster.controller.url, secret), refusal("token-unknown"));
    });

    it("a revoked token, and cut the link that was opened with it", async () => {
      const peer = await cluster.connectControl(adminToken);
      const lost = new Promise<AppError | undefined>((resolve) => {
        peer.session.onState((state, reason) => state === "lost" && resolve(reason));
      });
      await cluster.controller.revokeToken(adminToken);
      assert.equal((await lost)?.code, "token-unknown");
      await assert.rejects(connect(cluster.controller.url, adminToken), refusal("token-unknown"));
    });

    it("a link beyond the token's time", async () => {
      const { token } = await cluster.controller.createUserToken("admin", 300);
      const peer = await cluster.connectControl(token);
      const reason = await new Promise<AppError | undefined>((resolve) => {
        peer.session.onState((state, why) => state === "lost" && resolve(why));
      });
      assert.equal(reason?.code, "token-expired");
    });
  });

  it("tell a control who it is", async () => {
    const peer = await cluster.connectControl(adminToken);
    const session = await peer.dispatcher.request(GetSession, {}, TO_CONTROLLER);
    assert.equal(session.user, "admin");
    assert.equal(session.clusterName, "Switchyard cluster");
    assert.ok(session.permissions.includes("instance.create"));
  });

  it("refuse what the user has no permission for, and heed a permission that was taken away at once", async () => {
    const peer = await cluster.connectControl(await cluster.tokenFor(["cluster.view"]));
    await peer.dispatcher.request(ListHosts, {}, TO_CONTROLLER);
    await assert.rejects(
      peer.dispatcher.request(CreateHostToken, { name: "mine" }, TO_CONTROLLER),
      refusal("permission-denied"),
    );
    await cluster.controller.setPermissions("user-1", ["host.create-token"]);
    await peer.dispatcher.request(CreateHostToken, { name: "mine" }, TO_CONTROLLER);
    await assert.rejects(peer.dispatcher.request(ListHosts, {}, TO_CONTROLLER), refusal("permission-denied"));
  });

  it("refuse a sign-in link for somebody who may do more", async () => {
    const peer = await cluster.connectControl(await cluster.tokenFor(["user.create-sign-in-link"]));
    await assert.rejects(
      peer.dispatcher.request(CreateSignInLink, { user: "admin" }, TO_CONTROLLER),
      refusal("permission-denied"),
    );
    const own = await peer.dispatcher.request(CreateSignInLink, { user: "user-1" }, TO_CONTROLLER);
    assert.match(own.url, /\/sign-in#token=swl_/);
  });

  it("refuse a control that speaks for another peer", async () => {
    const peer = await cluster.connectControl(adminToken);
    await assert.rejects(
      peer.dispatcher.request(ListHosts, {}, { ...TO_CONTROLLER, from: "control/somebody", timeoutMs: 500 }),
      (error: AppError) => ["source-refused", "deadline-exceeded"].includes(error.code),
    );
    await peer.dispatcher.request(ListHosts, {}, TO_CONTROLLER);
  });

  it("refuse a host that speaks for an instance of another, and keep the link", async () => {
    const one = await cluster.connectHost("one");
    const two = await cluster.connectHost("two");
    const admin = await cluster.connectControl(adminToken);
    one.dispatcher.handle(AssignInstance, () => ({ status: statusOf("stopped") }));
    const { instance } = await admin.dispatcher.request(
      CreateInstance,
      { name: "map", hostId: one.hostId },
      TO_CONTROLLER,
    );
    const from = instanceAddress(instance.id);
    two.dispatcher.emit(InstanceStatusChanged, { status: statusOf("crashed") }, { to: "controller", from });
    await two.register();
    const stateOf = async () =>
      (await admin.dispatcher.request(ListInstances, {}, TO_CONTROLLER)).instances[0]?.status.state;
    assert.equal(await stateOf(), "stopped");
    one.dispatcher.emit(InstanceStatusChanged, { status: statusOf("running") }, { to: "controller", from });
    await eventually(async () => (await stateOf()) === "running" || undefined, "The status of its own host");
  });

  it("refuse messages that only the controller or a host may send", async () => {
    const admin = await cluster.connectControl(adminToken);
    const host = await cluster.connectHost("one");
    await assert.rejects(
      admin.dispatcher.request(EndInstance, { instanceId: "x" }, { to: hostAddress(host.hostId) }),
      refusal("bad-request"),
    );
    await assert.rejects(host.dispatcher.request(ListHosts, {}, TO_CONTROLLER), refusal("bad-request"));
  });

  it("say when a host or an instance is not there", async () => {
    const admin = await cluster.connectControl(adminToken);
    await assert.rejects(
      admin.dispatcher.request(GetLog, { tail: 1 }, { to: "instance/none" }),
      refusal("instance-not-found"),
    );
    const host = await cluster.connectHost("one");
    host.dispatcher.handle(AssignInstance, () => ({ status: statusOf("stopped") }));
    const { instance } = await admin.dispatcher.request(CreateInstance, { name: "map" }, TO_CONTROLLER);
    await host.close();
    await eventually(
      () =>
        admin.dispatcher
          .request(ListHosts, {}, TO_CONTROLLER)
          .then(({ hosts }) => !hosts[0]?.connected || undefined),
      "The host goes away",
    );
    await assert.rejects(
      admin.dispatcher.request(SendRcon, { command: "/time" }, { to: instanceAddress(instance.id) }),
      refusal("host-offline"),
    );
    await assert.rejects(
      admin.dispatcher.request(StartInstance, { instanceId: instance.id }, TO_CONTROLLER),
      refusal("host-offline"),
    );
    const { instances } = await admin.dispatcher.request(ListInstances, {}, TO_CONTROLLER);
    assert.equal(instances[0]?.status.state, "unknown");
  });

  it("carry commands to the host and its answers back", async () => {
    const host = await cluster.connectHost("one");
    const admin = await cluster.connectControl(adminToken);
    host.dispatcher.handle(AssignInstance, () => ({ status: statusOf("stopped") }));
    host.dispatcher.handle(RunInstance, ({ spec }) => {
      assert.equal(spec.autoStart, true);
      return { status: statusOf("running") };
    });
    host.dispatcher.handle(EndInstance, () => ({ status: statusOf("stopped") }));
    host.dispatcher.handle(SendRcon, ({ command }, { destination }) => ({
      reply: `${destination} ${command}`,
    }));
    const { instance } = await admin.dispatcher.request(CreateInstance, { name: "map" }, TO_CONTROLLER);
    const { instanceId } = { instanceId: instance.id };
    const started = await admin.dispatcher.request(StartInstance, { instanceId }, TO_CONTROLLER);
    assert.equal(started.status.state, "running");
    const to = instanceAddress(instanceId);
    const { reply } = await admin.dispatcher.request(SendRcon, { command: "/time" }, { to });
    assert.equal(reply, `${to} /time`);
    const stopped = await admin.dispatcher.request(StopInstance, { instanceId }, TO_CONTROLLER);
    assert.equal(stopped.status.state, "stopped");
    assert.equal((await host.register()).instances[0]?.autoStart, false);
  });
});
