import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { processStartTime, silentLogger } from "@switchyard/node-kit";
import { endOrphan } from "./orphan.js";

describe("server of a killed host", () => {
  const children: ChildProcess[] = [];

  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  async function spawnOrphan(
    script: string,
  ): Promise<{ child: ChildProcess; pid: number; startTime: string }> {
    const child = spawn(
      process.execPath,
      ["-e", `${script}; setInterval(() => 0, 1000); console.log("up")`],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    children.push(child);
    await once(child.stdout, "data");
    const pid = child.pid ?? 0;
    return { child, pid, startTime: processStartTime(pid) };
  }

  before(function () {
    if (processStartTime(process.pid) !== "") return;
    console.log("skipped: this system does not tell when a process began");
    this.skip();
  });

  it("is ended gently", async () => {
    const orphan = await spawnOrphan('process.on("SIGTERM", () => process.exit(0))');
    const words = await endOrphan({ ...orphan, log: silentLogger() });
    assert.match(words, new RegExp(`process ${orphan.pid}\\) was still running and has been stopped`));
  });

  it("is killed when it does not end", async () => {
    const orphan = await spawnOrphan('process.on("SIGTERM", () => 0)');
    const words = await endOrphan({ ...orphan, log: silentLogger(), graceMs: 300 });
    assert.match(words, /had to be killed/);
  });

  it("leaves another process with the same id alone", async () => {
    const orphan = await spawnOrphan("0");
    const words = await endOrphan({ pid: orphan.pid, startTime: "1", log: silentLogger() });
    assert.match(words, /is gone/);
    assert.equal(orphan.child.exitCode ?? orphan.child.signalCode, null);
  });
});
