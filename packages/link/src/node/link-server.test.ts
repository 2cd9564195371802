import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { AppError, LINK_PROTOCOL_VERSION } from "@switchyard/protocol";
import { WebSocket } from "ws";
import { BrowserLinkClient, type BrowserGlobals } from "../browser/index.js";
import type { Frame } from "../frame.js";
import type { LinkLog } from "../log.js";
import type { PeerIdentity, Session } from "../session.js";
import { LinkClient, type LinkClientOptions } from "./link-client.js";
import { LinkServer, type LinkServerOptions } from "./link-server.js";

const PATH = "/link";

describe("a link server and its clients", function () {
  this.timeout(10_000);

  let httpServer: Server;
  let url: string;
  let server: LinkServer;
  let sessions: Session[];
  let warnings: string[];
  const clients: { close(): Promise<void> }[] = [];
  const log: LinkLog = { warn: (text) => warnings.push(text) };

  beforeEach(async () => {
    warnings = [];
    sessions = [];
    httpServer = createServer((request, response) => void answerSession(request.url, response));
    httpServer.listen(0, "127.0.0.1");
    await once(httpServer, "listening");
    url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}${PATH}`;
    server = serve();
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.close(new AppError("shutting-down", { what: "The controller" }));
    httpServer.closeAllConnections();
    await new Promise((resolve) => httpServer.close(resolve));
  });

  it("carry frames both ways", async () => {
    const session = await opened({ token: "host-a" });
    const [serverSession] = sessions;
    assert.equal(session.localAddress, "host/a");
    assert.equal(serverSession?.peer.address, "host/a");
    assert.equal(serverSession.peer.version, "client 1");
    assert.equal(session.peer.version, "server 1");
    serverSession.onFrame((frame) => serverSession.send({ ...frame, payload: `re ${frame.payload}` }));
    session.send(event("1"));
    assert.equal((await nextFrame(session)).payload, "re 1");
  });

  for (const [token, code] of [
    ["wrong", "token-unknown"],
    ["old", "token-expired"],
  ] as const) {
    it(`refuse a ${token} token with ${code} before there is a WebSocket, logged once`, async () => {
      const client = newClient({ token, stopOnRefusal: true });
      client.start();
      await assert.rejects(client.opened(), isError(code));
      assert.equal(client.state, "refused");
      const response = await rawUpgrade(token);
      assert.match(response, /^HTTP\/1\.1 401 /);
      assert.match(response, new RegExp(`\r\n\r\n\\{"code":"${code}"`));
      assert.equal(server.sessions.size, 0);
      assert.equal(warnings.filter((text) => text.startsWith("Refused")).length, 1);
    });
  }

  it("keep what went wrong inside authenticate to themselves", async () => {
    const response = await rawUpgrade("bug");
    assert.match(response, /^HTTP\/1\.1 500 /);
    assert.ok(!response.includes("secret detail"));
  });

  it("tell an unreachable controller from a refusal", async () => {
    const client = newClient({ url: "http://127.0.0.1:1/link", token: "host-a" });
    const failed = new Promise<AppError | undefined>((resolve) =>
      client.onState((_state, reason) => resolve(reason)),
    );
    client.start();
    assert.equal((await failed)?.code, "controller-unreachable");
    assert.equal(client.state, "connecting");
    await assert.rejects(client.opened(AbortSignal.timeout(1)), isError("controller-unreachable"));
  });

  it("answer other paths with 404, which is no refusal: a proxy before the controller may say so", async () => {
    const client = newClient({ url: url.replace(PATH, "/other"), token: "host-a", stopOnRefusal: true });
    const failed = new Promise<AppError | undefined>((resolve) =>
      client.onState((_state, reason) => resolve(reason)),
    );
    client.start();
    assert.equal((await failed)?.code, "not-found");
    assert.equal(client.state, "connecting");
  });

  it("answer with the reason after they were closed", async () => {
    await server.close(new AppError("shutting-down", { what: "The controller" }));
    assert.match(await rawUpgrade("host-a"), /^HTTP\/1\.1 503 [^]*"shutting-down"/);
  });

  it("refuse more connections than allowed", async () => {
    await restart({ maxConnections: 1 });
    await opened({ token: "host-a" });
    assert.match(await rawUpgrade("host-b"), /^HTTP\/1\.1 503 [^]*"queue-full"/);
  });

  const faults: [string, string | Buffer, string][] = [
    ["a text that is no frame", "hello?", "malformed-frame"],
    ["a binary frame", Buffer.from("x"), "malformed-frame"],
    ["another protocol version", hello({ protocol: 99 }), "version-mismatch"],
    ["a hello without a version", hello({ version: undefined }), "malformed-frame"],
    ["an ack instead of a hello", '{"t":"ack","a":0}\n', "malformed-frame"],
  ];
  for (const [what, text, code] of faults) {
    it(`say bye with ${code} to ${what}`, async () => {
      const socket = await rawSocket("host-a");
      socket.send(text);
      assert.match(await lastText(socket), new RegExp(`^\\{"t":"bye"\\}\n.*"${code}"`));
      assert.equal(server.sessions.size, 0);
      assert.equal(warnings.length, 1);
      await assert.doesNotReject(opened({ token: "host-a" }));
    });
  }

  for (const [what, text, code] of [
    ["a malformed frame", "no frame", "malformed-frame"],
    ["a frame that is too large", `{"t":"ack"}\n${"x".repeat(10_000)}`, "frame-too-large"],
    ["a frame that is far too large", `{"t":"ack"}\n${"x".repeat(100_000)}`, "frame-too-large"],
  ] as const) {
    it(`end only the session that sent ${what}, logged once`, async () => {
      await restart({ limits: { maxFrameBytes: 8000 } });
      const other = await opened({ token: "host-b" });
      const socket = await rawSocket("host-a");
      socket.send(hello({}));
      await nextText(socket);
      const lost = nextState(sessions.find((one) => one.peer.id === "a"));
      socket.send(text);
      assert.equal((await lost)?.code, code);
      await once(socket, "close");
      assert.equal(other.state, "open");
      assert.equal(warnings.length, 1);
    });
  }

  it("resume a session only for the one who opened it", async () => {
    const session = await opened({ token: "host-a" });
    const socket = await rawSocket("host-b");
    socket.send(hello({ session: session.id, lastSeq: 0 }));
    const welcome = JSON.parse((await nextText(socket)).split("\n")[1] ?? "") as {
      resumed: boolean;
      session: string;
    };
    assert.equal(welcome.resumed, false);
    assert.notEqual(welcome.session, session.id);
    assert.equal(session.state, "open");
    socket.close();
  });

  it("do not let a credential resume what another one of the same user opened", async () => {
    const session = await opened({ token: "user-x-1" });
    const socket = await rawSocket("user-x-2");
    socket.send(hello({ session: session.id, lastSeq: 0 }));
    assert.match(await nextText(socket), /"resumed":false/);
    socket.close();
    const same = await rawSocket("user-x-1");
    same.send(hello({ session: session.id, lastSeq: 0 }));
    const welcome = await nextText(same);
    assert.match(welcome, /"resumed":true/);
    assert.ok(welcome.includes(session.localAddress));
    same.close();
  });

  it("keep one session of each host: the newer one stays, the older client waits", async () => {
    const older = newClient({ token: "host-a" });
    older.start();
    await older.opened();
    const refused = stateOf(older, "refused");
    await opened({ token: "host-a" });
    assert.equal((await refused)?.code, "session-replaced");
    assert.equal(server.sessions.size, 1);
    await opened({ token: "user-x-1" });
    await opened({ token: "user-x-1" });
    assert.equal(server.sessions.size, 3);
  });

  it("close all sessions of a peer with a reason", async () => {
    const session = await opened({ token: "host-a" });
    const lost = nextState(session);
    server.closePeer("host/a", new AppError("token-expired"));
    assert.equal((await lost)?.code, "token-expired");
  });

  it("begin a new session after the controller was restarted, and lose the old one with what waited in it", async () => {
    const client = newClient({ token: "host-a" });
    const begun: Session[] = [];
    client.onSession((session) => begun.push(session));
    client.start();
    const first = await client.opened();
    const lost = nextState(first);
    await restart({});
    assert.equal((await lost)?.code, "shutting-down");
    await stateOf(client, "open");
    assert.equal(begun.length, 2);
    assert.equal(client.session, begun[1]);
    assert.throws(() => first.send(event("x")), isError("shutting-down"));
  });

  it("end a session whose set-up was refused", async () => {
    await restart({
      onSession: () => {
        throw new AppError("shutting-down", { what: "The controller" });
      },
    });
    const client = newClient({ token: "host-a" });
    client.start();
    const session = await client.opened();
    if (session.state === "open") await nextState(session);
    assert.equal(session.state, "lost");
  });

  it("serve pages, which learn the code of a refusal by asking who is signed in", async () => {
    const good = browserClient("user-x-1");
    good.start();
    assert.equal((await good.opened()).localAddress.startsWith("control/"), true);
    const bad = browserClient("wrong");
    bad.start();
    await assert.rejects(bad.opened(), isError("not-signed-in"));
  });

  function serve(options: Partial<LinkServerOptions> = {}): LinkServer {
    return new LinkServer({
      httpServer,
      path: PATH,
      version: "server 1",
      authenticate,
      onSession: (session) => sessions.push(session),
      log,
      ...options,
    });
  }

  async function restart(options: Partial<LinkServerOptions>): Promise<void> {
    await server.close(new AppError("shutting-down", { what: "The controller" }));
    sessions.length = 0;
    server = serve(options);
  }

  function newClient(options: Partial<LinkClientOptions>): LinkClient {
    const identity = { version: "client 1" };
    const client = new LinkClient({ url, identity, log: { warn: () => {} }, ...options });
    clients.push(client);
    return client;
  }

  async function opened(options: Partial<LinkClientOptions>): Promise<Session> {
    const client = newClient(options);
    client.start();
    return client.opened();
  }

  function browserClient(token: string): BrowserLinkClient {
    class PageSocket extends WebSocket {
      constructor(address: string) {
        super(address, { headers: { Authorization: `Bearer ${token}` } });
      }
    }
    const globals = { WebSocket: PageSocket, fetch } as unknown as BrowserGlobals;
    const identity = { version: "page 1" };
    const client = new BrowserLinkClient({ url, identity, log, globals, stopOnRefusal: true });
    clients.push(client);
    return client;
  }

  async function rawSocket(token: string): Promise<WebSocket> {
    const socket = new WebSocket(url.replace("http", "ws"), {
      headers: { Authorization: `Bearer ${token}` },
    });
    socket.on("error", () => {});
    await once(socket, "open");
    return socket;
  }

  async function rawUpgrade(token: string): Promise<string> {
    const { port, pathname } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"A".repeat(22)}==\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    return text;
  }
});

let controls = 0;

function authenticate(request: IncomingMessage): Promise<PeerIdentity> {
  const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  if (token === "old") return Promise.reject(new AppError("token-expired"));
  if (token === "bug") return Promise.reject(new Error("secret detail"));
  const [kind, id = ""] = token.split("-");
  if (kind === "host") return Promise.resolve({ kind, id, address: `host/${id}`, version: "" });
  if (kind !== "user") return Promise.reject(new AppError("token-unknown"));
  const control = `c${++controls}`;
  const address = `control/${control}`;
  return Promise.resolve({ kind: "control", id: control, address, user: id, credential: token, version: "" });
}

function answerSession(path: string | undefined, response: ServerResponse): void {
  const error = new AppError(path === "/api/v1/session" ? "not-signed-in" : "not-found");
  response.writeHead(error.status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(error.toPayload()));
}

function hello(values: Record<string, unknown>): string {
  const hello = { protocol: LINK_PROTOCOL_VERSION, version: "raw", maxFrameBytes: 1_000_000, ...values };
  return `{"t":"hello"}\n${JSON.stringify(hello)}`;
}

function event(payload: string): Frame {
  return { header: { t: "event", s: "host/a", d: "controller", m: "test" }, payload };
}

function nextFrame(session: Session): Promise<Frame> {
  return new Promise((resolve) => session.onFrame(resolve));
}

async function nextText(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, "message")) as [Buffer];
  return data.toString();
}

async function lastText(socket: WebSocket): Promise<string> {
  let last = "";
  socket.on("message", (data: Buffer) => (last = data.toString()));
  await once(socket, "close");
  return last;
}

function nextState(session: Session | undefined): Promise<AppError | undefined> {
  return new Promise((resolve) => session?.onState((_state, reason) => resolve(reason)));
}

function stateOf(client: LinkClient, wanted: LinkClient["state"]): Promise<AppError | undefined> {
  return new Promise((resolve) => {
    const remove = client.onState((state, reason) => {
      if (state !== wanted) return;
      remove();
      resolve(reason);
    });
  });
}

function isError(code: string) {
  return (error: unknown) => error instanceof AppError && error.code === code;
}
