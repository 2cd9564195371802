import assert from "node:assert/strict";
import { Type, type Static } from "typebox";
import {
  defineRequest,
  defineStream,
  ListPlugins,
  PluginSettingsChanged,
  SetPluginSetting,
  type PluginSettings,
} from "@switchyard/protocol";
import {
  definePlugin,
  type ControllerContext,
  type ControllerSide,
  type PluginManifest,
} from "@switchyard/plugin-api";
import { refusal, startTestCluster, type TestCluster, type TestPeer } from "../testing/test-cluster.js";

const TO_CONTROLLER = { to: "controller" };
const Count = defineRequest({
  name: "counter:count",
  from: ["control"],
  to: "controller",
  permission: "counter:count",
  params: Type.Object({}),
  result: Type.Object({ count: Type.Integer(), user: Type.String() }),
});
const Counts = defineStream({
  name: "counter:counts",
  payload: Type.Object({ count: Type.Integer() }),
  keepEntries: 10,
});
const Settings = Type.Object({
  step: Type.Integer({ default: 1, minimum: 1, title: "Step", description: "Added each time" }),
});

describe("plugins in the controller", () => {
  let cluster: TestCluster;
  let context: ControllerContext<{ step: number }> | undefined;
  let isClosed: boolean;
  const seenSteps: number[] = [];

  const countUp: ControllerSide<Static<typeof Settings>> = (given) => {
    context = given;
    given.settings.onChange(({ step }) => void seenSteps.push(step));
    given.handle(Count, async (_, { user }) => {
      const count = Number((await given.storage.get("count")) ?? 0) + given.settings.current.step;
      await given.storage.set("count", count);
      await given.publish(Counts, { count });
      return { count, user: user ?? "" };
    });
    return {
      close: () => {
        isClosed = true;
      },
    };
  };
  const counter = definePlugin({
    name: "counter",
    version: "1.0.0",
    title: "Counter",
    settings: Settings,
    messages: [Count],
    streams: [Counts],
    controller: () => Promise.resolve(countUp),
  });
  const broken = definePlugin({
    name: "broken",
    version: "1.0.0",
    title: "Broken",
    settings: Type.Object({}),
    controller: () => Promise.reject(new Error("it was never built")),
  });

  beforeEach(async () => {
    isClosed = false;
    seenSteps.length = 0;
    cluster = await startTestCluster({ plugins: [counter, broken] as unknown as PluginManifest[] });
  });
  afterEach(() => cluster.close());

  const control = async (): Promise<TestPeer> =>
    cluster.connectControl((await cluster.controller.createUserToken("admin")).token);
  const count = (peer: TestPeer) => peer.dispatcher.request(Count, {}, TO_CONTROLLER);
  const set = (peer: TestPeer, setting: string, value: unknown) =>
    peer.dispatcher.request(SetPluginSetting, { plugin: "counter", setting, value }, TO_CONTROLLER);

  it("answer, store and publish, and keep what they stored over a restart", async () => {
    assert.deepEqual(await count(await control()), { count: 1, user: "admin" });
    await cluster.restart();
    assert.equal(isClosed, true);
    assert.deepEqual(await count(await control()), { count: 2, user: "admin" });
  });

  it("are asked only by those with the plugin's permission", async () => {
    const peer = await cluster.connectControl(await cluster.tokenFor(["cluster.view"]));
    await assert.rejects(count(peer), refusal("permission-denied"));
    await cluster.controller.setPermissions("user-1", ["counter:count"]);
    assert.equal((await count(peer)).count, 1);
  });

  it("that throw are disabled, and the others go on", async () => {
    const peer = await control();
    const { plugins } = await peer.dispatcher.request(ListPlugins, {}, TO_CONTROLLER);
    assert.deepEqual(
      plugins.map(({ plugin, enabled }) => [plugin, enabled]),
      [
        ["counter", true],
        ["broken", false],
      ],
    );
  });

  it("get changed settings at once, as hosts do, and after a restart", async () => {
    const host = await cluster.connectHost("one");
    const told = new Promise<PluginSettings>((resolve) => host.dispatcher.on(PluginSettingsChanged, resolve));
    const peer = await control();
    assert.deepEqual((await set(peer, "step", 5)).plugin.settings, { step: 5 });
    assert.deepEqual((await told).settings, { step: 5 });
    assert.deepEqual(seenSteps, [5]);
    assert.equal(context?.settings.current.step, 5);
    await cluster.restart();
    assert.equal((await count(await control())).count, 5);
  });

  it("refuse settings that do not fit", async () => {
    const peer = await control();
    await assert.rejects(set(peer, "step", 0), refusal("config-invalid"));
    await assert.rejects(set(peer, "stride", 1), refusal("config-invalid"));
    await assert.rejects(
      peer.dispatcher.request(SetPluginSetting, { plugin: "none", setting: "step", value: 1 }, TO_CONTROLLER),
      refusal("plugin-not-found"),
    );
    assert.equal(context?.settings.current.step, 1);
  });
});
