import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Ports } from "./ports.js";

describe("ports", () => {
  const range = { first: 41_300, last: 41_303 };
  const none = new Set<number>();
  const free = { fixed: null, sticky: null };

  it("gives each instance another free port, and a released one again", async () => {
    const ports = new Ports(range, "127.0.0.1");
    const given = await Promise.all([1, 2, 3, 4].map(() => ports.takeGamePort(free, none)));
    assert.equal(new Set(given).size, 4);
    await assert.rejects(ports.takeGamePort(free, none), { code: "queue-full" });
    ports.release({ gamePort: 41_301 });
    assert.equal(await ports.takeGamePort(free, none), 41_301);
  });

  it("passes over what another program has open, and tells when a fixed port is", async () => {
    const ports = new Ports(range, "127.0.0.1");
    const socket = createSocket("udp4");
    socket.bind(41_300, "127.0.0.1");
    await once(socket, "listening");
    try {
      await assert.rejects(ports.takeGamePort({ fixed: 41_300, sticky: null }, none), { code: "port-taken" });
      assert.equal(await ports.takeGamePort({ fixed: null, sticky: 41_300 }, none), 41_301);
    } finally {
      socket.close();
    }
  });

  it("prefers the port it had, and leaves those of other instances to them", async () => {
    const ports = new Ports(range, "127.0.0.1");
    assert.equal(await ports.takeGamePort({ fixed: null, sticky: 41_303 }, none), 41_303);
    assert.equal(await ports.takeGamePort(free, new Set([41_300, 41_301])), 41_302);
    assert.equal(await ports.takeGamePort(free, new Set([41_300, 41_301])), 41_300);
  });

  it("finds a free port for RCON", async () => {
    const ports = new Ports(range, "127.0.0.1");
    assert.ok((await ports.takeRconPort()) > 1023);
  });
});
