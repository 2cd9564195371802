import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Lifecycle } from "./lifecycle.js";
import { silentLogger, type Logger } from "./logger.js";

describe("Lifecycle", () => {
  it("closes in the reverse order, once, and goes on past what fails or hangs", async () => {
    const said: string[] = [];
    const errors: string[] = [];
    const log: Logger = { ...silentLogger(), error: (text) => void errors.push(text) };
    const lifecycle = new Lifecycle(log);
    lifecycle.own("first", () => void said.push("first"));
    lifecycle.own("hanging", () => new Promise<void>(() => undefined));
    lifecycle.own("failing", () => Promise.reject(new Error("on purpose")));
    lifecycle.own("throwing", () => {
      throw new Error("on purpose");
    });
    lifecycle.own("last", async () => {
      await Promise.resolve();
      said.push("last");
    });
    await Promise.all([lifecycle.close(20), lifecycle.close(20)]);
    assert.deepEqual(said, ["last", "first"]);
    assert.deepEqual(errors, ["Closing throwing failed", "Closing failing failed", "Closing hanging failed"]);
  });
});

describe("untilSignal", function () {
  this.timeout(20_000);

  const source = fileURLToPath(new URL("./lifecycle.ts", import.meta.url));
  const run = (script: string) =>
    spawn(
      process.execPath,
      [
        "--conditions=@switchyard/source",
        "--import=tsx",
        "--input-type=module",
        "-e",
        `const { untilSignal } = await import(${JSON.stringify(source)}); setInterval(() => {}, 1000); ${script}`,
      ],
      { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_OPTIONS: "" } },
    );

  it("lets the first signal end a program in order and the second at once", async () => {
    const child = run(
      `const ended = untilSignal(); console.log("ready"); console.log(await ended);`, // and then hangs
    );
    await once(child.stdout, "data");
    child.kill("SIGINT");
    assert.match(String((await once(child.stdout, "data"))[0]), /SIGINT/);
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [1, null]);
  });

  it("obeys the first signal after an abort", async () => {
    const child = run(`console.log(await untilSignal(AbortSignal.abort()));`);
    assert.match(String((await once(child.stdout, "data"))[0]), /abort/);
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "exit"), [1, null]);
  });
});
