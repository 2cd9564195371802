import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CreateSave, InstanceStatus, ParamsOf } from "@switchyard/protocol";
import type { Installs } from "../installs.js";
import { firstStatus } from "../instance/instance-state.js";
import { FAKE_INSTALL, FakeGame } from "../testing/fake-game.js";
import { makeDirectory, makeSpec } from "../testing/fixtures.js";
import { InstanceSaves } from "./instance-saves.js";
import { numbered } from "./save-folder.js";

describe("the saves of an instance", () => {
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let game: FakeGame;
  let inspected: number;
  let runtime: { status: InstanceStatus; isActive: boolean };
  let saves: InstanceSaves;

  beforeEach(async () => {
    directory = await makeDirectory();
    await mkdir(join(directory.path, "deleted"));
    game = new FakeGame();
    inspected = 0;
    const { inspectSave } = game;
    game.inspectSave = (path) => {
      inspected += 1;
      return inspectSave(path);
    };
    runtime = { status: firstStatus(0), isActive: false };
    saves = make();
  });

  function make(): InstanceSaves {
    const base = { identity: { id: "aaa", name: "Alpha" }, spec: makeSpec(), writeDirectory: directory.path };
    return new InstanceSaves({
      runtime: Object.assign(runtime, base),
      game,
      installs: { select: () => Promise.resolve(FAKE_INSTALL) } satisfies Pick<Installs, "select">,
      blobs: { url: "http://127.0.0.1:1", token: "" },
      deletedDirectory: join(directory.path, "deleted"),
    });
  }

  afterEach(() => directory.remove());

  const path = (name: string) => join(directory.path, "saves", name);
  async function put(name: string, text = "save", secondsAgo = 100): Promise<void> {
    await mkdir(join(directory.path, "saves"), { recursive: true });
    await writeFile(path(name), text);
    const time = new Date(Date.now() - secondsAgo * 1000);
    await utimes(path(name), time, time);
  }
  const names = async () => (await saves.list()).saves.map(({ name }) => name);
  const run = (save: string, state: InstanceStatus["state"]) => {
    runtime.isActive = true;
    runtime.status = { ...runtime.status, state, save };
  };

  it("are listed without unfinished and set aside ones; a fault is told, not thrown", async () => {
    assert.deepEqual(await saves.list(), { saves: [], leftOut: 0 });
    await put("a.zip");
    await put("_autosave1.zip", "torn", 50);
    await put("b.tmp.zip");
    await put("a.zip.before-patch");
    const { saves: listed } = await saves.list();
    assert.deepEqual(
      listed.map(({ name, isAutosave, fault }) => [name, isAutosave, fault]),
      [
        ["_autosave1.zip", true, "_autosave1.zip is torn."],
        ["a.zip", false, null],
      ],
    );
  });

  it("are looked into again only when they have changed", async () => {
    await put("a.zip");
    await put("b.zip");
    await saves.list();
    await saves.list();
    assert.equal(inspected, 2);
    await put("a.zip", "save again", 5);
    await saves.list();
    assert.equal(inspected, 3);
  });

  it("that are added get a free name and are older than those that are there", async () => {
    await put("world.zip", "save", 10);
    assert.equal((await saves.copy("world.zip", "world.zip")).name, "world-2.zip");
    assert.equal((await saves.copy("world.zip", "WORLD.zip")).name, "WORLD-3.zip");
    const made = await saves.create({ name: "world.zip" });
    assert.equal(made.name, "world-4.zip");
    assert.equal((await names())[0], "world.zip");
    assert.deepEqual(
      (await readdir(directory.path)).filter((name) => name.startsWith("new-map-")),
      [],
    );
    assert.equal(numbered(`${"x".repeat(116)}.zip`, 12), `${"x".repeat(113)}-12.zip`);
  });

  it("of an instance that has none keep their time", async () => {
    const before = Date.now();
    await saves.create({});
    const [made] = (await saves.list()).saves;
    assert.ok(made && made.modifiedAtMs >= before - 2000);
  });

  it("are made with the settings as files of the game's", async () => {
    const create = game.createSave;
    const given: string[] = [];
    game.createSave = async (options) => {
      for (const argument of options.extraArguments ?? [])
        given.push(argument.endsWith(".json") ? await readFile(argument, "utf8") : argument);
      return create(options);
    };
    const params: ParamsOf<typeof CreateSave> = {
      ...{ seed: 1, preset: "island", mapGenSettings: { a: 1 }, mapSettings: { b: 2 } },
    };
    await saves.create(params);
    assert.deepEqual(given, [
      ...["--map-gen-seed", "1", "--preset", "island"],
      ...["--map-gen-settings", '{"a":1}', "--map-settings", '{"b":2}'],
    ]);
  });

  it("in use are neither renamed nor deleted; while one is chosen none is", async () => {
    await put("a.zip");
    await put("b.zip");
    run("a.zip", "running");
    await assert.rejects(saves.delete("a.zip", undefined), { code: "save-in-use" });
    await assert.rejects(saves.rename("a.zip", "c.zip"), { code: "save-in-use" });
    assert.equal((await saves.list()).saves.find(({ name }) => name === "a.zip")?.isLoaded, true);
    await saves.delete("b.zip", undefined);
    await put("b.zip");
    run("a.zip", "preparing");
    await assert.rejects(saves.delete("b.zip", undefined), { code: "save-in-use" });
  });

  it("are moved aside with what was kept from before a patch, and only while they are what was meant", async () => {
    await put("a.zip");
    await put("a.zip.before-patch", "save from before");
    const other = { sha256: "0".repeat(64), sizeBytes: 4 };
    await assert.rejects(saves.delete("a.zip", other), { code: "save-refused" });
    await saves.rename("a.zip", "b.zip");
    assert.deepEqual(await readdir(path("")), ["b.zip", "b.zip.before-patch"]);
    await saves.delete("b.zip", undefined);
    assert.deepEqual(await readdir(path("")), []);
    const moved = await readdir(join(directory.path, "deleted"));
    assert.deepEqual(
      moved.map((name) => name.replace(/^.*-b/, "b")),
      ["b.zip", "b.zip.before-patch"],
    );
  });

  it("are chosen for the next start by being made the newest, when they are sound", async () => {
    await put("old.zip", "save", 1000);
    await put("torn.zip", "torn", 500);
    await put("new.zip", "save", -1000);
    await saves.choose("old.zip");
    assert.equal((await names())[0], "old.zip");
    await assert.rejects(saves.choose("torn.zip"), { code: "save-refused" });
    await assert.rejects(saves.choose("none.zip"), { code: "save-not-found" });
    run("old.zip", "running");
    await saves.choose("old.zip");
    await assert.rejects(saves.choose("new.zip"), { code: "instance-not-stopped" });
  });

  it("that a killed host left unfinished are cleared away before new ones are made", async () => {
    await put(`${"0".repeat(16)}.incoming.tmp.zip`);
    await mkdir(join(directory.path, "new-map-0"));
    await make().create({ name: "a.zip" });
    assert.deepEqual(await readdir(path("")), ["a.zip"]);
    await assert.rejects(stat(join(directory.path, "new-map-0")), { code: "ENOENT" });
  });
});
