import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { HTTP_PATHS } from "@switchyard/protocol";
import { startTestCluster, type TestCluster } from "../testing/test-cluster.js";

describe("signing in over HTTP", () => {
  let cluster: TestCluster;

  beforeEach(async () => {
    cluster = await startTestCluster();
  });
  afterEach(() => cluster.close());

  const url = () => cluster.controller.url + HTTP_PATHS.session;
  const signIn = (token: string, headers: Record<string, string> = {}) =>
    fetch(url(), {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ token }),
    });
  const codeOf = async (response: Response) => [
    response.status,
    ((await response.json()) as { code: string }).code,
  ];
  const newLink = async () =>
    (await cluster.controller.createSignInLink("admin")).url.split("#token=")[1] ?? "";
  async function signedInCookie(): Promise<string> {
    const response = await signIn(await newLink());
    return (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  }

  it("gives a cookie that scripts and other sites do not get", async () => {
    const response = await signIn(await newLink());
    assert.equal(response.status, 200);
    assert.equal(((await response.json()) as { user: string }).user, "admin");
    const cookie = response.headers.get("set-cookie") ?? "";
    assert.match(cookie, /^switchyard_session=sws_/);
    for (const part of ["HttpOnly", "SameSite=Strict", "Path=/", "Expires="])
      assert.ok(cookie.includes(part), part);
    assert.ok(!cookie.includes("Secure"), "over plain HTTP a secure cookie would be lost");
  });

  it("uses a link up, also when many try at once", async () => {
    const secret = await newLink();
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn(secret)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [
      200,
      ...Array.from({ length: 7 }, () => 401),
    ]);
    assert.deepEqual(await codeOf(await signIn(secret)), [401, "sign-in-link-used"]);
  });

  it("knows who is signed in until they sign out", async () => {
    const cookie = await signedInCookie();
    const get = () => fetch(url(), { headers: { cookie } });
    const session = (await (await get()).json()) as { user: string; permissions: string[] };
    assert.equal(session.user, "admin");
    assert.ok(session.permissions.includes("admin"));
    assert.equal((await fetch(url(), { method: "DELETE", headers: { cookie } })).status, 204);
    assert.deepEqual(await codeOf(await get()), [401, "token-unknown"]);
    assert.deepEqual(await codeOf(await fetch(url())), [401, "not-signed-in"]);
  });

  it("survives a restart of the controller", async () => {
    const cookie = await signedInCookie();
    await cluster.restart();
    assert.equal((await fetch(url(), { headers: { cookie } })).status, 200);
  });

  it("takes an API token, and ends its sessions with it", async () => {
    const { token } = await cluster.controller.createUserToken("admin");
    const response = await signIn(token);
    const cookie = (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    await cluster.controller.revokeToken(token);
    assert.deepEqual(await codeOf(await fetch(url(), { headers: { cookie } })), [401, "token-unknown"]);
  });

  it("refuses other sites", async () => {
    const origin = { origin: "http://evil.example" };
    assert.deepEqual(await codeOf(await signIn(await newLink(), origin)), [403, "origin-refused"]);
    const cookie = await signedInCookie();
    assert.deepEqual(await codeOf(await fetch(url(), { method: "DELETE", headers: { cookie, ...origin } })), [
      403,
      "origin-refused",
    ]);
    assert.equal((await fetch(url(), { headers: { cookie } })).status, 200);
  });

  it("opens a link with the cookie for its own pages only", async () => {
    const cookie = await signedInCookie();
    assert.equal(await upgrade({ cookie, origin: cluster.controller.url }), 101);
    assert.equal(await upgrade({ cookie, origin: "http://evil.example" }), 403);
    assert.equal(await upgrade({ cookie }), 403);
    assert.equal(await upgrade({ origin: cluster.controller.url }), 401);
    assert.equal(await upgrade({ authorization: `Bearer ${cookie.split("=")[1]}` }), 401);
    assert.equal(await upgrade({ authorization: "Basic abc" }), 401);
  });

  it("holds off an address that fails again and again", async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 25; attempt += 1) {
      statuses.push((await signIn(`swl_${"x".repeat(43)}`)).status);
    }
    assert.equal(statuses[0], 401);
    assert.equal(statuses.at(-1), 429);
  });

  it("answers what makes no sense with a code", async () => {
    const post = (body: string, type = "application/json") =>
      fetch(url(), { method: "POST", headers: { "content-type": type }, body });
    assert.deepEqual(await codeOf(await post("{")), [400, "bad-request"]);
    assert.deepEqual(await codeOf(await post("{}")), [400, "bad-request"]);
    assert.deepEqual(await codeOf(await post("x", "text/plain")), [400, "bad-request"]);
    assert.deepEqual(await codeOf(await post(JSON.stringify({ token: "x".repeat(70_000) }))), [
      413,
      "payload-too-large",
    ]);
    assert.deepEqual(await codeOf(await fetch(`${cluster.controller.url}/api/nothing`)), [404, "not-found"]);
  });

  async function upgrade(headers: Record<string, string>): Promise<number> {
    const request = httpRequest(cluster.controller.url + HTTP_PATHS.link, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        ...headers,
      },
    });
    request.end();
    const refused = once(request, "response").then(([response]) => {
      response.resume();
      return response.statusCode as number;
    });
    const opened = once(request, "upgrade").then(([, socket]) => {
      socket.destroy();
      return 101;
    });
    opened.catch(() => undefined);
    refused.catch(() => undefined);
    return Promise.race([refused, opened]);
  }
});
