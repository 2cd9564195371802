import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AppError,
  AssignInstance,
  CreateInstance,
  instanceAddress,
  PublishToStream,
  ReadStream,
  RegisterHost,
  type StreamEntry,
} from "@switchyard/protocol";
import { ControllerProcess } from "./testing/controller-process.js";
import { connect, statusOf } from "./testing/test-cluster.js";

const TO_CONTROLLER = { to: "controller" };
const STREAM = "notes:lines";
const PLUGIN = `export const plugin = {
  name: "notes", version: "1.0.0", title: "Notes", settings: { type: "object", properties: {} },
  streams: [{ kind: "stream", name: "${STREAM}", payload: { type: "object" }, keepEntries: 1000000 }],
};`;

describe("the controller program", function () {
  this.timeout(60_000);
  let directory: string;
  let args: string[];
  const running: ControllerProcess[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-controller-"));
    await mkdir(join(directory, "notes"));
    await writeFile(join(directory, "notes", "plugin.js"), PLUGIN);
    await writeFile(join(directory, "notes", "package.json"), '{"type":"module"}');
    args = ["--data-dir", join(directory, "data"), "--port", "0", "--plugin", join(directory, "notes")];
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((program) => program.end("SIGKILL")));
    await rm(directory, { recursive: true, force: true });
  });

  function start(...more: string[]): ControllerProcess {
    const program = ControllerProcess.run(...args, ...more);
    running.push(program);
    return program;
  }
  async function bootstrap(...words: string[]): Promise<{ token: string; url: string; hostId: string }> {
    const { code, stdout, stderr } = await start(...words, "--output", "json").exited;
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as { token: string; url: string; hostId: string };
  }

  it("has every acknowledged entry once after being killed while entries were published", async () => {
    const host = await bootstrap("bootstrap", "create-host-token", "--name", "one");
    const admin = await bootstrap("bootstrap", "create-user-token", "--user", "admin");
    const acknowledged: number[] = [];
    let instanceId = "";
    let next = 1;
    for (let life = 0; life < 4; life += 1) {
      const program = start();
      const url = await program.ready();
      const peer = await connectAsHost(url, host.token);
      if (life === 0) instanceId = await createInstance(url, admin.token);
      const from = instanceAddress(instanceId);
      const killAfter = next + 60;
      const killed = program.exited.then(() => {
        throw new AppError("session-lost");
      });
      try {
        for (;;) {
          const payloads = [{ text: String(next) }, { text: String(next + 1) }];
          const publishing = peer.dispatcher.request(
            PublishToStream,
            { stream: STREAM, epoch: "host-life", positions: [next, next + 1], payloads },
            { ...TO_CONTROLLER, from },
          );
          publishing.catch(() => undefined);
          // Somewhere between the sending and the answer.
          if (next >= killAfter) setImmediate(() => program.child.kill("SIGKILL"));
          await Promise.race([publishing, killed]);
          acknowledged.push(next, next + 1);
          next += 2;
        }
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
      await peer.close();
      await program.exited;
    }
    const program = start();
    const texts = await readAll(await program.ready(), host.token, instanceId);
    // One batch more may be there: it was stored, and the answer was cut off.
    assert.deepEqual(texts.slice(0, acknowledged.length), acknowledged.map(String));
    assert.ok(texts.length <= acknowledged.length + 2, `${texts.length} entries of ${acknowledged.length}`);
    assert.equal(new Set(texts).size, texts.length);
  });

  it("keeps its folder from others", async () => {
    const program = start();
    await program.ready();
    assert.equal((await stat(join(directory, "data"))).mode & 0o777, 0o700);
    assert.equal((await program.end("SIGTERM")).code, 0);
  });

  it("says in a sentence that it runs already, and that a port is taken", async () => {
    const program = start();
    const { port } = new URL(await program.ready());
    const twice = await start().exited;
    assert.equal(twice.code, 8);
    assert.match(twice.stderr, /already running \(process \d+\); stop that one first/);
    assert.ok(!twice.stderr.includes("    at "), twice.stderr);
    const busy = await start("bootstrap", "create-host-token", "--name", "one").exited;
    assert.match(busy.stderr, /already running/);
    args = ["--data-dir", join(directory, "other"), "--port", port];
    const taken = await start().exited;
    assert.equal(taken.code, 8);
    assert.match(taken.stderr, new RegExp(`Port ${port} is in use`));
    assert.ok(!taken.stderr.includes("    at "), taken.stderr);
  });

  it("says what is wrong with a command or a setting", async () => {
    const unknown = await start("dance").exited;
    assert.deepEqual([unknown.code, /no command "dance"/.test(unknown.stderr)], [2, true]);
    const port = await start("--port", "many").exited;
    assert.deepEqual([port.code, /--port is a number/.test(port.stderr)], [2, true]);
    const file = join(directory, "config.json");
    await writeFile(file, '{ "prot": 1 }');
    const setting = await start("--config", file).exited;
    assert.equal(setting.code, 2);
    assert.match(setting.stderr, /prot/);
    const plugin = await start("--plugin", join(directory, "none")).exited;
    assert.match(plugin.stderr, /no plugin.js/);
    assert.equal(plugin.code, 2);
  });

  async function connectAsHost(url: string, token: string) {
    const peer = await connect(url, token);
    peer.dispatcher.handle(AssignInstance, () => ({ status: statusOf("stopped") }));
    const report = { name: "one", version: "1", platform: "linux", publicAddress: "", installs: [] };
    await peer.dispatcher.request(RegisterHost, { report, instances: [] }, TO_CONTROLLER);
    return peer;
  }

  async function createInstance(url: string, token: string): Promise<string> {
    const control = await connect(url, token);
    const { instance } = await control.dispatcher.request(CreateInstance, { name: "map" }, TO_CONTROLLER);
    await control.close();
    return instance.id;
  }

  async function readAll(url: string, token: string, instanceId: string): Promise<string[]> {
    const peer = await connectAsHost(url, token);
    const entries: StreamEntry[] = [];
    for (;;) {
      const answer = await peer.dispatcher.request(
        ReadStream,
        { stream: STREAM, after: entries.length, limit: 100, waitMs: 0 },
        { ...TO_CONTROLLER, from: instanceAddress(instanceId) },
      );
      entries.push(...answer.entries);
      if (answer.entries.length === 0) break;
    }
    await peer.close();
    return entries.map(({ payload }) => (payload as { text: string }).text);
  }
});
