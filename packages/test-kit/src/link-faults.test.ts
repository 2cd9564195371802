import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Type } from "typebox";
import {
  Dispatcher,
  Router,
  silentLog,
  type Frame,
  type Session,
  type SessionLimits,
} from "@switchyard/link";
import { LinkClient, LinkServer } from "@switchyard/link/node";
import { AppError, defineRequest } from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { FaultProxy } from "./fault-proxy.js";

const Echo = defineRequest({
  name: "test.echo",
  from: ["host"],
  to: "host",
  permission: null,
  params: Type.Object({ text: Type.String() }),
  result: Type.Object({ text: Type.String() }),
});
const FAST: Partial<SessionLimits> = { heartbeatMs: 100, silenceMs: 300, resumeWindowMs: 20_000 };
const compiler = createAjvCompiler();

describe("links over a bad network", function () {
  this.timeout(30_000);
  let cluster: TestCluster;
  let proxy: FaultProxy;

  beforeEach(async () => {
    cluster = new TestCluster();
    await cluster.listen();
    proxy = new FaultProxy();
  });

  afterEach(async () => {
    await cluster.close();
    await proxy.close();
  });

  for (const [name, fault] of [
    ["cut", () => proxy.cut()],
    ["reset", () => proxy.reset()],
    ["silently dead", () => proxy.halfOpen()],
    ["slow", () => proxy.delay(20)],
  ] as const) {
    it(`deliver everything once and in order, both ways, when they are ${name} again and again`, async () => {
      const { client, session } = await cluster.connect("a", await proxy.listen(cluster));
      const server = cluster.sessions.get("host/a");
      assert.ok(server);
      const got = { server: collect(server), client: collect(session) };
      let sent = 0;
      for (let round = 0; round < 4; round++) {
        for (let n = 0; n < 50; n++) {
          session.send(event(String(sent)));
          server.send(event(String(sent)));
          sent += 1;
          if (n === 10) fault();
          if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        if (name !== "slow") await untilState(client, "away");
        proxy.heal();
        if (name !== "slow") await untilState(client, "open");
      }
      const wanted = Array.from({ length: sent }, (_, n) => String(n));
      await until(() => got.server.length >= sent && got.client.length >= sent);
      assert.deepEqual(got.server, wanted);
      assert.deepEqual(got.client, wanted);
      assert.equal(client.session, session);
      assert.equal(cluster.newSessions, 1);
      if (name !== "slow") assert.ok(proxy.connections >= 5);
    });
  }

  it("answer a request that was under way when the socket was cut, without asking twice", async () => {
    const port = await proxy.listen(cluster);
    const [asker, answerer] = [await cluster.connect("a", port), await cluster.connect("b", cluster.port)];
    let asked = 0;
    let release = () => {};
    const started = new Promise<void>((resolve) => {
      answerer.dispatcher.handle(Echo, async (params) => {
        asked += 1;
        resolve();
        await new Promise<void>((free) => (release = free));
        return params;
      });
    });
    const answer = asker.dispatcher.request(Echo, { text: "still here" }, { to: "host/b" });
    await started;
    proxy.cut();
    await untilState(asker.client, "away");
    release();
    proxy.heal();
    assert.deepEqual(await answer, { text: "still here" });
    assert.equal(asked, 1);
  });

  it("tell the asker when the session of the one asked is lost", async () => {
    const [asker, answerer] = [
      await cluster.connect("a", cluster.port),
      await cluster.connect("b", cluster.port),
    ];
    let signal: AbortSignal | undefined;
    const started = new Promise<void>((resolve) => {
      answerer.dispatcher.handle(Echo, (_params, context) => {
        signal = context.signal;
        resolve();
        return new Promise(() => {});
      });
    });
    const answer = asker.dispatcher.request(Echo, { text: "x" }, { to: "host/b" });
    const rejected = assert.rejects(answer, isError("session-lost"));
    await started;
    await answerer.client.close();
    await rejected;
    assert.equal(signal?.aborted, true);
    const next = asker.dispatcher.request(Echo, { text: "x" }, { to: "host/b" });
    await assert.rejects(next, isError("peer-gone"));
  });

  it("pause producers of a peer that does not read, then cut it off; memory stays bounded", async () => {
    await cluster.restart({ pauseUnackedBytes: 256 * 1024, maxUnackedBytes: 1024 * 1024 });
    const { client } = await cluster.connect("a", await proxy.listen(cluster));
    const server = cluster.sessions.get("host/a");
    assert.ok(server);
    proxy.halfOpen();
    const text = JSON.stringify("x".repeat(10_000));
    while (server.writable) server.send(event(text));
    assert.ok(server.unackedBytes < 300 * 1024);
    let most = 0;
    assert.throws(() => {
      for (let n = 0; n < 1000; n++) {
        server.send(event(text));
        most = Math.max(most, server.unackedBytes);
      }
    }, isError("peer-too-slow"));
    assert.ok(most <= 1024 * 1024);
    assert.equal(server.unackedBytes, 0);
    // The peer comes back with a new session and is told what became of the old one.
    const old = client.session;
    const lost = new Promise<string | undefined>((resolve) =>
      old?.onState((state, reason) => {
        if (state === "lost") resolve(reason?.code);
      }),
    );
    proxy.heal();
    assert.equal(await lost, "peer-too-slow");
    await until(() => client.state === "open" && client.session !== old);
  });

  it("bring 200 hosts back within seconds after the controller is", async () => {
    const clients = await Promise.all(
      Array.from({ length: 200 }, (_, n) => cluster.connect(`h${n}`, cluster.port)),
    );
    const port = cluster.port;
    await cluster.stop();
    await until(() => clients.every(({ client }) => client.state !== "open"));
    // Long enough for the back-off to have grown.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await cluster.listen({}, port);
    const startedAt = performance.now();
    await until(() => clients.every(({ client }) => client.state === "open"), 13_000);
    const tookMs = Math.round(performance.now() - startedAt);
    assert.equal(cluster.sessions.size, 200);
    assert.ok(tookMs < 10_000, `it took ${tookMs} ms`);
  });
});

/** A controller that forwards between hosts, and hosts that answer each other. */
class TestCluster {
  readonly sessions = new Map<string, Session>();
  newSessions = 0;
  port = 0;
  #http: Server | undefined;
  #server: LinkServer | undefined;
  readonly #clients: LinkClient[] = [];

  async listen(limits: Partial<SessionLimits> = {}, port = 0): Promise<void> {
    const httpServer = createServer().listen(port, "127.0.0.1");
    await once(httpServer, "listening");
    this.#http = httpServer;
    this.port = (httpServer.address() as AddressInfo).port;
    const router = this.#router();
    this.#server = new LinkServer({
      httpServer,
      path: "/link",
      limits: { ...FAST, ...limits },
      log: silentLog,
      authenticate: (request) => {
        const id = request.headers.authorization?.slice("Bearer ".length) ?? "";
        return Promise.resolve({ kind: "host", id, address: `host/${id}`, version: "" });
      },
      onSession: (session) => {
        this.newSessions += 1;
        const { address } = session.peer;
        this.sessions.set(address, session);
        session.onFrame((frame) => {
          if (frame.header.m !== "test.event") router.accept(frame, session);
        });
        session.onState((state, reason) => {
          if (state !== "lost") return;
          if (this.sessions.get(address) === session) this.sessions.delete(address);
          router.sessionLost(session, reason ?? new AppError("session-lost"));
        });
      },
    });
  }

  async connect(id: string, port: number) {
    const url = `http://127.0.0.1:${port}/link`;
    const client = new LinkClient({ url, token: id, identity: { version: "1" }, log: silentLog });
    this.#clients.push(client);
    client.start();
    const session = await client.opened();
    const dispatcher = new Dispatcher({
      address: session.localAddress,
      messages: [Echo],
      compiler,
      send: (frame) => session.send(frame),
    });
    session.onFrame((frame) => {
      if (frame.header.m !== "test.event") dispatcher.accept(frame);
    });
    session.onState((state) => {
      if (state === "lost") dispatcher.close();
    });
    return { client, session, dispatcher };
  }

  async restart(limits: Partial<SessionLimits>): Promise<void> {
    await this.stop();
    await this.listen(limits);
  }

  async stop(): Promise<void> {
    await this.#server?.close(new AppError("shutting-down", { what: "The controller" }));
    await new Promise((resolve) => this.#http?.close(resolve));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.stop();
  }

  #router(): Router {
    return new Router({
      isLocal: (destination) => destination === "controller",
      local: { accept: () => {} },
      sessionFor: (destination) => {
        const session = this.sessions.get(destination);
        if (!session) throw new AppError("peer-gone", { peer: destination });
        return session;
      },
      admit: () => {},
      log: silentLog,
    });
  }
}

function event(payload: string): Frame {
  return { header: { t: "event", s: "host/a", d: "controller", m: "test.event" }, payload };
}

function collect(session: Session): string[] {
  const got: string[] = [];
  session.onFrame((frame) => got.push(frame.payload));
  return got;
}

async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) assert.fail(`not within ${timeoutMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function untilState(client: LinkClient, wanted: LinkClient["state"]): Promise<void> {
  return new Promise((resolve) => {
    if (client.state === wanted) {
      resolve();
      return;
    }
    const remove = client.onState((state) => {
      if (state !== wanted) return;
      remove();
      resolve();
    });
  });
}

function isError(code: string) {
  return (error: unknown) => error instanceof AppError && error.code === code;
}
