import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  createSave,
  FactorioServer,
  findInstalls,
  patchSave,
  readLuaModule,
  selectInstall,
} from "@switchyard/factorio";
import { installSimulator, SimulatorControl } from "@switchyard/simulator";
import { freePort, temporaryDirectory } from "@switchyard/test-kit";

const CORE = fileURLToPath(new URL("../../lua-modules/core", import.meta.url));

/** Runs the core module of a save by real commands; each version keeps `decode_string` elsewhere. */
for (const version of ["2.0.77", "1.1.110"]) {
  describe(`RCON with the core module on ${version}`, function () {
    this.timeout(60_000);
    let directory: string;
    let server: FactorioServer;
    let control: SimulatorControl;

    before(async () => {
      directory = await temporaryDirectory();
      installSimulator({ directory: join(directory, "factorio"), version });
      const install = selectInstall(await findInstalls(join(directory, "factorio")), "latest");
      const writeDirectory = join(directory, "write");
      const savePath = join(writeDirectory, "saves", "world.zip");
      await mkdir(join(writeDirectory, "saves"), { recursive: true });
      await createSave({ install, writeDirectory, savePath });
      await patchSave({ input: savePath, output: savePath, modules: [await readLuaModule(CORE)] });
      const ports = { gamePort: await freePort(), rconPort: await freePort() };
      const rcon = { reconnectDelayMs: 20 };
      server = new FactorioServer({
        install,
        writeDirectory,
        savePath,
        ...ports,
        rconPassword: "test",
        rcon,
      });
      await server.start();
      control = await SimulatorControl.connect(writeDirectory);
    });

    after(async () => {
      control?.close();
      await server?.stop();
      if (directory) await rm(directory, { recursive: true, force: true });
    });

    const lua = (code: string): Promise<string> => server.rcon.send(`/sc ${code}`);

    it("runs the first calls of a save once each, although the game wants the first command twice", async () => {
      const results = await Promise.all(
        Array.from({ length: 5 }, (_, index) => server.rcon.call("tostring", [index])),
      );
      assert.deepEqual(results, ["0", "1", "2", "3", "4"]);
    });

    it("gives each call of a batch its own result or error, whatever bytes are in it", async () => {
      const text = "a\tb\\c\u0000\u0001é𝄞\u2028\"'";
      const results = await Promise.allSettled([
        server.rcon.call("tostring", [text]),
        server.rcon.call("error", ["no\nroom", 0]),
        server.rcon.call("no.such", []),
        server.rcon.call("string.rep", ["é\n", 3]),
        server.rcon.call("game.print", ["hello"]),
        server.rcon.call("select", [2, null, "second"]),
      ]);
      assert.deepEqual(
        results.map((result) =>
          result.status === "fulfilled"
            ? result.value
            : (result.reason as Error).message.replace(/.*?: /, ""),
        ),
        [text, "no\nroom", "This save has no function no.such", "é\né\né\n", "", "second"],
      );
    });

    it("transfers a long text over lost connections, once", async () => {
      await lua("received={} function take(tag,text) received[#received+1]=text return tag..#text end");
      const text = JSON.stringify({ noise: randomBytes(60_000).toString("hex"), é: "𝄞" });
      const sending = server.rcon.transfer("take", ["n"], text, { ordered: "k" });
      for (let time = 0; time < 4; time += 1) {
        await control.fault("drop-rcon", "1");
        await server.rcon.ready();
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      assert.equal(await sending, `n${Buffer.byteLength(text)}`);
      await control.fault("drop-rcon", "0");
      await server.rcon.ready();
      assert.equal(await lua("rcon.print(#received)"), "1\n");
      assert.equal(await lua("rcon.print(received[1])"), `${text}\n`);
      const state = "(storage or global).switchyard_core.bulk";
      assert.equal(await lua(`rcon.print(#${state}.order+${state}.bytes)`), "0\n");
    });

    it("answers urgent commands within a few ticks while a bulk transfer fills the players' link", async () => {
      await lua("function measure(text) return #text end");
      await control.join("Anna");
      await control.fault("segment-pacing", "on");
      server.rcon.setPlayersOnline(1);
      try {
        const text = randomBytes(10_000).toString("hex");
        let isDone = false;
        const sending = server.rcon.transfer("measure", [], text).finally(() => (isDone = true));
        const times: number[] = [];
        while (!isDone) {
          const sentAt = performance.now();
          await server.rcon.send("/version", { lane: "urgent" });
          times.push(performance.now() - sentAt);
        }
        assert.equal(await sending, "20000");
        times.sort((a, b) => a - b);
        const p99 = times[Math.floor(times.length * 0.99)] ?? Infinity;
        assert(times.length > 20, `${times.length} urgent commands`);
        assert(p99 < 150, `p99 ${p99.toFixed(1)} ms`);
      } finally {
        await control.fault("segment-pacing", "off");
        await control.leave("Anna");
        server.rcon.setPlayersOnline(0);
      }
    });
  });
}
