import assert from "node:assert/strict";
import { join } from "node:path";
import { CreateHostToken, ListHosts } from "@switchyard/protocol";
import { ControllerStore } from "../store/controller-store.js";
import { refusal, startTestCluster } from "../testing/test-cluster.js";

describe("the audit log", () => {
  it("names who did what from where, and who was refused, once for many tries", async () => {
    const cluster = await startTestCluster();
    const peer = await cluster.connectControl(await cluster.tokenFor(["host.create-token"]));
    await peer.dispatcher.request(CreateHostToken, { name: "one" }, { to: "controller" });
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const listing = peer.dispatcher.request(ListHosts, {}, { to: "controller" });
      await assert.rejects(listing, refusal("permission-denied"));
    }
    await peer.close();
    await cluster.controller.close();

    const store = await ControllerStore.open(join(cluster.directory, "controller", "controller.db"));
    const rows = await store.db.selectFrom("audit").selectAll().orderBy("number").execute();
    await store.close();
    await cluster.close();
    assert.deepEqual(
      rows.map(({ actor, action, outcome }) => [actor, action, outcome]),
      [
        ["local", "user.create", "done"],
        ["local", "user.create-token", "done"],
        ["user/user-1", "host.create-token", "done"],
        ["user/user-1", "host.list", "permission-denied"],
      ],
    );
    assert.equal(rows[2]?.origin, "127.0.0.1");
    assert.ok(!JSON.stringify(rows).includes("swh_"), "no secret is in it");
  });
});
