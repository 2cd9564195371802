import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "@switchyard/protocol";
import { createLogger, errorFields } from "./logger.js";
import { createToken } from "./tokens.js";

describe("createLogger", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-log-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const open = () => createLogger({ program: "test", level: "info", console: "none", directory });
  async function records(): Promise<Record<string, unknown>[]> {
    const files = (await readdir(directory)).filter((name) => name.endsWith(".log"));
    const texts = await Promise.all(files.map((name) => readFile(join(directory, name), "utf8")));
    return texts
      .join("")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it("has everything in the file when it is closed", async () => {
    const log = open();
    for (let line = 0; line < 2000; line += 1) log.info(`line ${line}`, { line });
    log.debug("not at this level");
    await log.close();
    const written = await records();
    assert.equal(written.length, 2000);
    assert.equal(written.at(-1)?.["message"], "line 1999");
  });

  it("closes when nothing was logged", async () => {
    await open().close();
  });

  it("blanks secrets wherever they stand", async () => {
    const log = open();
    const secret = createToken("host");
    log.child({ header: `Bearer ${secret}` }).warn(`token=${secret}`, {
      nested: { list: [secret] },
      encoded: `token%3D${secret}`,
      stack: `Error: ${secret}`,
    });
    await log.close();
    const text = JSON.stringify(await records());
    assert.ok(!text.includes(secret.slice(4)), text);
    assert.equal(text.split("swh_<private>").length, 6);
  });

  it("takes a record that contains itself", async () => {
    const log = open();
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    log.info("round", { circle });
    await log.close();
    assert.equal((await records()).length, 1);
  });

  it("does not end the program when the disk is full", function () {
    const source = fileURLToPath(new URL("./logger.ts", import.meta.url));
    const script = `
      const { createLogger } = await import(${JSON.stringify(source)});
      const log = createLogger({ program: "test", level: "info", console: "none", directory: process.argv[1] });
      for (let i = 0; i < 400; i += 1) { log.info("x".repeat(10000)); if (i % 20 === 0) await new Promise(setImmediate); }
      await new Promise((resolve) => setTimeout(resolve, 200));
      console.log("alive");
      process.exit(0);`;
    const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=500k", "tmpfs", directory]);
    if (mount.status !== 0) {
      console.log("    skipped: a small file system cannot be mounted here");
      return this.skip();
    }
    try {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ["--conditions=@switchyard/source", "--import=tsx", "--input-type=module", "-e", script, directory],
        { env: { ...process.env, NODE_OPTIONS: "" }, encoding: "utf8" },
      );
      assert.match(stdout, /alive/, stderr);
      assert.match(stderr, /the log cannot be written: .*ENOSPC/);
    } finally {
      spawnSync("umount", [directory]);
    }
  });
});

describe("errorFields", () => {
  it("gives refusals by their code and bugs with their stack", () => {
    assert.deepEqual(errorFields(new AppError("cancelled")), {
      code: "cancelled",
      reason: "It was cancelled",
    });
    assert.match(String(errorFields(new Error("bug"))["stack"]), /logger\.test/);
    assert.match(String(errorFields(AppError.from(new Error("bug")))["stack"]), /logger\.test/);
  });
});
