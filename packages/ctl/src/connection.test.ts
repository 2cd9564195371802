import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Dispatcher, silentLog, type Session } from "@switchyard/link";
import { LinkServer } from "@switchyard/link/node";
import {
  AppError,
  CORE_MESSAGES,
  HTTP_PATHS,
  ListHosts,
  ListInstances,
  StartInstance,
  unknownStatus,
  WatchCollection,
  type Instance,
} from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { runCtl } from "./command-line.js";
import { FakeIo, withFolder } from "./testing/fake-io.js";
import { uploadSave } from "./upload.js";

const TOKEN = "swu_0123456789abcdefghij";
const INSTANCE: Instance = {
  id: "i1",
  spec: {
    ...{ id: "i1", name: "alpha", hostId: "h1", factorioVersion: "latest", gamePort: null },
    ...{ autoStart: true, firstSave: null, settings: {} },
  },
  status: unknownStatus("stopped", 1),
};

/** A controller with one instance, on a real socket. */
class FakeController {
  readonly #http: Server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(413, { "content-type": "application/json" });
      response.end(JSON.stringify(new AppError("payload-too-large", { limit: 10 }).toPayload()));
    });
  });
  readonly #sessions: Session[] = [];
  readonly #server = new LinkServer({
    httpServer: this.#http,
    path: HTTP_PATHS.link,
    authenticate: (request) => {
      if (request.headers.authorization !== `Bearer ${TOKEN}`)
        return Promise.reject(new AppError("token-unknown"));
      return Promise.resolve({
        kind: "control",
        id: "c1",
        address: "control/c1",
        user: "admin",
        version: "",
      });
    },
    onSession: (session) => this.#serve(session),
    log: silentLog,
  });

  async start(): Promise<string> {
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await this.#server.close(new AppError("shutting-down", { what: "The test" }));
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #serve(session: Session): void {
    this.#sessions.push(session);
    const dispatcher = new Dispatcher({
      address: "controller",
      messages: CORE_MESSAGES,
      compiler: createAjvCompiler(),
      send: (frame) => session.send(frame),
    });
    session.onFrame((frame) => dispatcher.accept(frame));
    dispatcher.handle(ListInstances, () => ({ instances: [INSTANCE] }));
    dispatcher.handle(ListHosts, () => ({ hosts: [] }));
    dispatcher.handle(StartInstance, () => {
      throw new AppError("instance-start-failed", { instance: "alpha", reason: "the port is taken" });
    });
    dispatcher.handle(WatchCollection, ({ collection }) => ({
      changes: collection === "instances" ? [{ id: "i1", revision: 1, value: INSTANCE }] : [],
      revision: 1,
      complete: true,
    }));
  }
}

describe("switchyardctl and a controller", () => {
  let controller: FakeController;
  let environment: Record<string, string>;

  beforeEach(async () => {
    controller = new FakeController();
    environment = { SWITCHYARD_URL: await controller.start(), SWITCHYARD_TOKEN: TOKEN };
  });

  afterEach(() => controller.stop());

  it("lists instances for people and for programs", async () => {
    const people = new FakeIo("/nonexistent", { environment });
    assert.equal(await runCtl(["instance", "list"], people), 0, people.stderr.text);
    assert.match(people.stdout.text, /^alpha +stopped/m);
    const program = new FakeIo("/nonexistent", { environment });
    assert.equal(await runCtl(["instance", "list", "-o", "json"], program), 0, program.stderr.text);
    const [view] = JSON.parse(program.stdout.text) as { name: string; state: string }[];
    assert.equal(view?.name, "alpha");
    assert.equal(view.state, "stopped");
  });

  it("ends with the exit code of the refusal and one sentence", async () => {
    const io = new FakeIo("/nonexistent", { environment });
    assert.equal(await runCtl(["instance", "start", "alpha"], io), 5);
    assert.equal(io.stderr.text, "Error: The instance alpha did not start: the port is taken\n");
    assert.equal(await runCtl(["instance", "start", "beta"], io), 3);
  });

  it("refuses an unknown token at once", async () => {
    const io = new FakeIo("/nonexistent", { environment: { ...environment, SWITCHYARD_TOKEN: "swu_wrong" } });
    assert.equal(await runCtl(["instance", "list", "-o", "json"], io), 4);
    const { error } = JSON.parse(io.stderr.text) as { error: { code: string } };
    assert.equal(error.code, "token-unknown");
  });

  it("says which controller cannot be reached", async () => {
    const io = new FakeIo("/nonexistent", {
      environment: { ...environment, SWITCHYARD_URL: "http://127.0.0.1:1" },
    });
    assert.equal(await runCtl(["instance", "list", "--timeout", "0.3"], io), 6);
    assert.match(io.stderr.text, /The controller at http:\/\/127\.0\.0\.1:1\S* cannot be reached: .+\n$/);
  });

  it("watches until Ctrl-C, which is a good end", async () => {
    const io = new FakeIo("/nonexistent", { environment });
    const ended = runCtl(["instance", "list", "--watch", "-o", "json"], io);
    await io.stdout.until((text) => text.endsWith("\n"));
    const change = JSON.parse(io.stdout.text) as { change: string; instance: { name: string } };
    assert.equal(change.instance.name, "alpha");
    io.interrupt();
    assert.equal(await ended, 0);
  });

  it("passes on why an upload was refused", () =>
    withFolder(async (folder) => {
      const file = join(folder, "save.zip");
      await writeFile(file, Buffer.alloc(100_000));
      const url = environment["SWITCHYARD_URL"] ?? "";
      await assert.rejects(uploadSave({ url, token: TOKEN, file }), { code: "payload-too-large" });
      const missing = `${file}x`;
      await assert.rejects(uploadSave({ url, token: TOKEN, file: missing }), { code: "save-not-found" });
    }));
});
