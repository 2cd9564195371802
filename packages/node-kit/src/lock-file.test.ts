import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "@switchyard/protocol";
import { acquireLock } from "./lock-file.js";

describe("acquireLock", () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "switchyard-lock-"));
    path = join(directory, "program.lock");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const deadPid = () => spawnSync(process.execPath, ["--version"]).pid;

  it("is for one at a time, and names the one", () => {
    const lock = acquireLock(path, directory);
    assert.throws(
      () => acquireLock(path, directory),
      (error) =>
        error instanceof AppError && error.code === "already-running" && error.details["pid"] === process.pid,
    );
    lock.release();
    acquireLock(path, directory).release();
    assert.deepEqual(readdirSync(directory), []);
  });

  it("releases only what it holds", () => {
    const first = acquireLock(path, directory);
    first.release();
    const second = acquireLock(path, directory);
    first.release();
    assert.throws(() => acquireLock(path, directory), AppError);
    second.release();
  });

  it("is taken over from a process that is gone, or whose id another one has now, or that was torn", () => {
    for (const content of [
      JSON.stringify({ pid: deadPid(), startTime: "1" }),
      JSON.stringify({ pid: process.pid, startTime: "1" }),
      "",
      "null",
      '{"pid":',
    ]) {
      writeFileSync(path, content);
      acquireLock(path, directory).release();
    }
  });

  it("goes to one of many processes that find the same stale lock", async function () {
    this.timeout(60_000);
    writeFileSync(path, JSON.stringify({ pid: deadPid(), startTime: "1" }));
    const source = fileURLToPath(new URL("./lock-file.ts", import.meta.url));
    const script = `import { acquireLock } from ${JSON.stringify(source)};
      process.stdin.once("data", () => {
        try { acquireLock(${JSON.stringify(path)}, "d"); console.log("taken"); } catch (error) { console.log(error.code); }
        process.stdin.once("data", () => process.exit());
      });
      console.log("ready");`;
    const children = Array.from({ length: 4 }, () =>
      spawn(
        process.execPath,
        ["--conditions=@switchyard/source", "--import=tsx", "--input-type=module", "-e", script],
        { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, NODE_OPTIONS: "" } },
      ),
    );
    const nextLine = async (child: (typeof children)[number]) =>
      String((await once(child.stdout, "data"))[0]).trim();
    await Promise.all(children.map(nextLine));
    const answers = Promise.all(children.map(nextLine));
    for (const child of children) child.stdin.write("go\n");
    assert.deepEqual((await answers).sort(), [...Array<string>(3).fill("already-running"), "taken"]);
    const owner = JSON.parse(readFileSync(path, "utf8")) as { pid: number };
    assert.ok(children.some(({ pid }) => pid === owner.pid));
    for (const child of children) child.stdin.write("end\n");
    await Promise.all(children.map((child) => once(child, "close")));
  });
});
