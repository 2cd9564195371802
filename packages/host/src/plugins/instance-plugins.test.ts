import assert from "node:assert/strict";
import { Type } from "typebox";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { defineChannel, defineStream } from "@switchyard/protocol";
import { definePlugin, type InstanceSide, type PluginManifest } from "@switchyard/plugin-api";
import { silentLogger } from "@switchyard/node-kit";
import type { ControllerLink } from "../controller-link.js";
import { openHostStore, type HostStore } from "../host-store.js";
import { FakeServer, FAKE_INSTALL } from "../testing/fake-game.js";
import { FakeLink, FakeStreams } from "../testing/fake-streams.js";
import { Recorder } from "../testing/fixtures.js";
import { InstancePlugins } from "./instance-plugins.js";
import { PluginSet } from "./plugin-set.js";
import { StreamPositions } from "./stream-positions.js";
import { StreamPublishers } from "./stream-publishers.js";

const Said = defineChannel({
  name: "test:said",
  direction: "from-game",
  payload: Type.Object({ text: Type.String() }),
});
const Tell = defineChannel({
  name: "test:tell",
  direction: "to-game",
  payload: Type.Object({ text: Type.String() }),
});
const Lines = defineStream({
  name: "test:lines",
  payload: Type.Object({ text: Type.String() }),
  keepEntries: 10,
});
const Settings = Type.Object({ greeting: Type.String({ title: "Greeting", default: "hello" }) });

describe("plugin sides of an instance", () => {
  let store: HostStore;
  let streams: FakeStreams;
  let server: FakeServer;
  let running: InstancePlugins;
  let plugins: PluginSet;

  beforeEach(async () => {
    store = await openHostStore(":memory:");
    streams = new FakeStreams();
    server = new FakeServer(
      {
        install: FAKE_INSTALL,
        writeDirectory: "/w",
        savePath: "/w/s.zip",
        gamePort: 1,
        rconPort: 2,
        rconPassword: "p",
      },
      () => Promise.resolve(),
    );
    await server.start();
  });

  afterEach(async () => {
    await running.close();
    await store.close();
  });

  function makePlugin(side: InstanceSide<{ greeting: string }>, name = "test"): PluginManifest {
    return definePlugin({
      name,
      version: "1.0.0",
      title: "Test",
      settings: Settings,
      ...(name === "test" ? { channels: [Said, Tell], streams: [Lines] } : {}),
      instance: () => Promise.resolve(side),
    }) as unknown as PluginManifest;
  }

  function attach(...manifests: PluginManifest[]): InstancePlugins {
    const log = silentLogger();
    const link = new FakeLink(streams) as unknown as ControllerLink;
    plugins = new PluginSet(manifests, store, log);
    running = new InstancePlugins(
      plugins,
      { instance: { id: "aaa", name: "Alpha" }, server },
      {
        link,
        store,
        positions: new StreamPositions(store),
        publishers: new StreamPublishers(link, log),
        compiler: createAjvCompiler(),
        log,
      },
    );
    return running;
  }

  it("hands over what the game said before the side began, in order, and only what is valid", async () => {
    const texts = new Recorder<string>();
    attach(
      makePlugin((context) => {
        context.onServerEvent((event) => {
          if (event.type === "chat") texts.add(`event ${event.text}`);
        });
        context.onGameMessage(Said, async ({ text }) => {
          await Promise.resolve();
          texts.add(text);
        });
      }),
    );
    await server.say("test:said", { text: "1" });
    await server.emit("event", { type: "chat", player: "Anna", text: "2" });
    await running.begin();
    await server.say("test:said", { text: 3 });
    await server.say("test:other", { text: "4" });
    await server.say("test:said", { text: "5" });
    assert.deepEqual(texts.values, ["1", "event 2", "5"]);
  });

  it("publishes, consumes, sends to the game and stores", async () => {
    const got = new Recorder<string>();
    attach(
      makePlugin(async (context) => {
        await context.storage.set("key", { n: 1 });
        assert.deepEqual(await context.storage.get("key"), { n: 1 });
        context.onGameMessage(Said, (payload) => void context.publish(Lines, payload));
        context.consume(Lines, async (entry) => {
          await context.sendToGame(Tell, entry.payload);
          got.add(`${entry.number} ${entry.source} ${entry.payload.text}`);
        });
      }),
    );
    await new StreamPositions(store).set("aaa", "test:lines", 0);
    await running.begin();
    await server.say("test:said", { text: "hi" });
    await got.until((all) => all.length === 1, "the entry");
    assert.deepEqual(got.values, ["1 aaa hi"]);
    assert.match(server.commands.at(-1) ?? "", /receive\("test:tell"/);
  });

  it("ends a side that throws, and no other", async () => {
    const texts = new Recorder<string>();
    const closed = new Recorder<string>();
    attach(
      makePlugin((context) => {
        context.onGameMessage(Said, () => {
          texts.add("called");
          throw new Error("broken");
        });
        return { close: () => closed.add("closed") };
      }),
      makePlugin((context) => {
        context.onServerEvent((event) => texts.add(event.type));
      }, "other"),
      makePlugin(() => {
        throw new Error("does not start");
      }, "third"),
    );
    await running.begin();
    await server.say("test:said", { text: "1" });
    await closed.until((all) => all.length === 1, "closed");
    await server.say("test:said", { text: "2" });
    await server.emit("event", { type: "savingFinished" });
    assert.deepEqual(texts.values, ["called", "savingFinished"]);
  });

  it("shows changed settings, and ends a side that is switched off", async () => {
    const seen = new Recorder<string>();
    attach(
      makePlugin((context) => {
        seen.add(context.settings.current.greeting);
        context.settings.onChange((settings) => seen.add(settings.greeting));
        return { close: () => seen.add("closed") };
      }),
    );
    await running.begin();
    const settings = { plugin: "test", version: "1.0.0", enabled: true, settings: { greeting: "hey" } };
    await plugins.apply(settings);
    await plugins.apply({ ...settings, enabled: false });
    await seen.until((all) => all.includes("closed"), "closed");
    assert.deepEqual(seen.values, ["hello", "hey", "closed"]);
    const later = new PluginSet([makePlugin(() => undefined)], store, silentLogger());
    await later.load();
    assert.deepEqual(later.enabled(), []);
  });

  it("refuses messages and entries that are not as declared", async () => {
    const failures = new Recorder<unknown>();
    attach(
      makePlugin(async (context) => {
        await context.sendToGame(Tell, { text: 1 } as never).catch((error: unknown) => failures.add(error));
        await context.sendToGame(Said, { text: "1" }).catch((error: unknown) => failures.add(error));
        try {
          context.publish(Lines, {} as never);
        } catch (error) {
          failures.add(error);
        }
      }),
    );
    await running.begin();
    assert.deepEqual(
      failures.values.map((error) => (error as Error).name),
      ["AppError", "TypeError", "TypeError"],
    );
  });

  it("gives what a line makes it publish positions that are the same when the line comes again", async () => {
    const redelivered: boolean[] = [];
    const side: InstanceSide<{ greeting: string }> = (context) => {
      context.onGameMessage(Said, async ({ text }, from) => {
        redelivered.push(from.redelivered);
        await context.publishOrWait(Lines, { text });
        context.publish(Lines, { text: `${text}!` });
      });
    };
    const holds = new Set<number>();
    const line = (at: number, isRedelivered: boolean) => {
      server.delivery = {
        ...{ epoch: "journal", at, isRedelivered },
        hold: () => {
          holds.add(at);
          return () => holds.delete(at);
        },
      };
      return server.say("test:said", { text: String(at) });
    };
    attach(makePlugin(side));
    await line(10, false); // held until the side has begun
    assert.deepEqual([...holds], [10]);
    await running.begin();
    await line(20, false);
    await running.close();
    attach(makePlugin(side));
    await running.begin();
    for (const at of [10, 20]) await line(at, true);
    await line(30, false);
    while (holds.size > 0) await new Promise(setImmediate);
    assert.deepEqual(
      streams.entries.map(({ payload }) => (payload as { text: string }).text),
      ["10", "10!", "20", "20!", "30", "30!"],
    );
    assert.deepEqual(redelivered, [false, false, true, true, false]);
  });
});
