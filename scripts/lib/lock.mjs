import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inRoot } from "./places.mjs";
import { say, ScriptError } from "./say.mjs";

const LOCK = inRoot(".cache", "scripts.lock");
const PATIENCE_MS = 10 * 60_000;

/** Lets one script at a time install or build in this folder. A lock whose process is gone is taken over. */
export async function withLock(body) {
  await takeLock();
  try {
    return await body();
  } finally {
    await rm(LOCK, { force: true });
  }
}

async function takeLock() {
  await mkdir(path.dirname(LOCK), { recursive: true });
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  let told = false;
  while (!(await createLock())) {
    const owner = Number.parseInt(await readFile(LOCK, "utf8").catch(() => ""), 10);
    if (Number.isInteger(owner) && !isAlive(owner)) await rm(LOCK, { force: true });
    else if (Date.now() > giveUpAtMs)
      throw new ScriptError(`Process ${owner} is still building; if it is not, remove ${LOCK}`);
    else {
      if (!told) say(`Another script (process ${owner}) is installing or building here; waiting for it`);
      told = true;
      await delay(500);
    }
  }
}

async function createLock() {
  try {
    await writeFile(LOCK, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw new ScriptError(`${LOCK} cannot be written: ${error.message}`, 8);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
