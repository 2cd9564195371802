import assert from "node:assert/strict";
import { SimulatorControl } from "../control/simulator-control.js";
import { RawRcon } from "../testing/rcon-client.test.support.js";
import { TestInstall, type GameProcess } from "../testing/game-process.test.support.js";

describe("RCON", function () {
  this.timeout(60_000);
  let install: TestInstall;
  let game: GameProcess;
  const clients: RawRcon[] = [];
  const client = async (): Promise<RawRcon> => {
    const made = await RawRcon.authenticated(game.rconPort);
    clients.push(made);
    return made;
  };
  before(async () => {
    install = new TestInstall();
    game = await install.start(install.writeSave("world", { "control.lua": "" }));
  });
  afterEach(() => {
    for (const made of clients.splice(0)) made.close();
  });
  after(() => install.dispose());

  it("answers authentication with one packet of type 2, with id -1 on failure", async () => {
    const good = await RawRcon.connect(game.rconPort);
    good.write({ id: 7, type: 3, body: "secret" });
    await good.waitForPackets(1);
    assert.deepEqual(good.packets, [{ id: 7, type: 2, body: "" }]);
    const bad = await RawRcon.connect(game.rconPort);
    bad.write({ id: 7, type: 3, body: "wrong" });
    await bad.waitForPackets(1);
    assert.deepEqual(bad.packets, [{ id: -1, type: 2, body: "" }]);
    await game.waitFor("New RCON connection from IP ADDR:({127.0.0.1:");
    good.close();
    bad.close();
  });

  it("answers every command with one packet, even large ones, and never an empty body or a mirrored packet", async () => {
    const rcon = await client();
    assert.equal(await rcon.lua("rcon.print('success')"), "success\n");
    rcon.write({ id: 5, type: 2, body: "" });
    rcon.write({ id: 6, type: 0, body: "mirror" });
    assert.equal(await rcon.command("/silent-command local _ = 1"), "");
    assert.equal(await rcon.command("just chat"), "");
    assert.equal((await rcon.command("/sc rcon.print(('x'):rep(1000000))")).length, 1_000_001);
    assert.ok(rcon.packets.every((packet) => packet.id !== 5 && packet.id !== 6));
    assert.equal(await rcon.command("/sc rcon.print(1) rcon.print({'', 'a', 2})"), "1\na2\n");
    const long = "y".repeat(300_000);
    assert.equal(await rcon.command(`/sc rcon.print(#'${long}')`), "300000\n");
  });

  it("knows the console's commands", async () => {
    const rcon = await client();
    assert.equal(await rcon.command("/version"), "2.0.77\n");
    assert.equal(await rcon.command("/players"), "Players (0):\n");
    assert.equal(await rcon.command("/p o c"), "Online players (0):\n");
    assert.equal(await rcon.command("/admins"), "");
    assert.equal(
      await rcon.command("/foo"),
      'Unknown command "foo". Type /h or /help for more help about commands.\n',
    );
    assert.equal(
      await rcon.command("/promote Zoe"),
      "Zoe was added to the admin list by <server> and will be promoted upon joining the game.\n",
    );
    assert.equal(
      await rcon.command("/promote Zoe"),
      "Zoe is already in the admin list and will be promoted upon joining the game.\n",
    );
    assert.equal(await rcon.command("/admins"), "  Zoe\n");
    assert.equal(await rcon.command("/demote nobody"), "nobody is not in the admin list.\n");
    assert.equal(await rcon.command("/ban test_ban"), "");
    assert.equal(await rcon.command("/banlist get TEST_ban"), "TEST_ban is banned.\n");
    assert.equal(await rcon.command("/bans"), "Banned players: test_ban\n");
    assert.equal(await rcon.command("/unban test_BAN"), "");
    assert.equal(await rcon.command("/bans"), "No players are banned.\n");
    assert.equal(await rcon.command("/whitelist add A"), "Added A to the whitelist.\n");
    assert.equal(await rcon.command("/whitelist get a"), "a is whitelisted.\n");
    assert.equal(
      await rcon.command("/config set autosave-interval 17"),
      "Autosave interval changed to 17 minutes.\n",
    );
    assert.equal(await rcon.command("/config get autosave-interval"), "Autosave every 17 minutes.\n");
    assert.equal(await rcon.command("/config get nothing"), "Unknown config: nothing\n");
    assert.match(await rcon.command("/help"), /^Available commands are:\n/);
    assert.match(await rcon.command("/evolution"), /^Nauvis - Evolution factor: 0\.0000\./);
    assert.match(await rcon.command("/seed"), /^\d+\n$/);
  });

  it("lets the paused map advance by one tick per batch of commands", async () => {
    const rcon = await client();
    const first = Number(await rcon.lua("rcon.print(game.tick)"));
    assert.equal(Number(await rcon.command("/sc rcon.print(game.tick)")), first + 1);
    assert.equal(Number(await rcon.command("/sc rcon.print(game.tick)")), first + 2);
  });

  it("gives the console's log to id 0 first", async () => {
    const rcon = await client();
    rcon.write({ id: 0, type: 2, body: "/version" });
    await rcon.waitForPackets(1);
    rcon.packets.length = 0;
    await rcon.command("remember this");
    rcon.write({ id: 0, type: 2, body: "/version" });
    await rcon.waitForPackets(2);
    assert.match(
      rcon.packets[1]?.body ?? "",
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[CHAT\] <server>: remember this\n2\.0\.77\n$/,
    );
  });

  it("drops malformed and oversized packets with a line in the log", async () => {
    const rcon = await client();
    const oversized = Buffer.alloc(12);
    oversized.writeInt32LE(200 * 1024 * 1024, 0);
    rcon.writeBytes(oversized);
    await rcon.waitForClose();
    await game.waitFor("Couldn't parse RCON data: Maximum payload size exceeded");
    const other = await client();
    const single = Buffer.from([11, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 65, 65, 0]);
    other.writeBytes(single);
    await other.waitForClose();
    assert.equal(await (await client()).command("/version"), "2.0.77\n");
  });

  it("ignores commands before authentication", async () => {
    const rcon = await RawRcon.connect(game.rconPort);
    rcon.write({ id: 3, type: 2, body: "/version" });
    rcon.write({ id: 4, type: 3, body: "secret" });
    await rcon.waitForPackets(1);
    assert.deepEqual(
      rcon.packets.map((packet) => packet.id),
      [4],
    );
    rcon.close();
  });

  it("reorders and paces replies when these faults are on", async () => {
    const control = await SimulatorControl.connect(install.directory);
    const rcon = await client();
    await rcon.lua("rcon.print('on')");
    await control.join("Alice");
    await control.fault("segment-pacing", "on");
    rcon.packets.length = 0;
    rcon.write({ id: 11, type: 2, body: `/sc rcon.print(#'${"z".repeat(2000)}')` });
    rcon.write({ id: 12, type: 2, body: "/version" });
    await rcon.waitForPackets(2);
    assert.deepEqual(
      rcon.packets.map((packet) => packet.id),
      [12, 11],
    );
    await control.fault("segment-pacing", "off");
    await control.fault("drop-rcon", "1");
    rcon.write({ id: 13, type: 2, body: "/version" });
    await rcon.waitForClose();
    await control.leave("Alice");
    control.close();
  });

  it("is closed by the 129th connection's refusal, not by the others", async () => {
    const many = await Promise.all(Array.from({ length: 128 }, () => RawRcon.connect(game.rconPort)));
    const extra = await RawRcon.connect(game.rconPort);
    await extra.waitForClose();
    assert.ok(many.every((each) => !each.isClosed));
    for (const each of many) each.close();
  });
});
