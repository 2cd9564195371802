import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { withLock } from "./lock.mjs";
import { CACHE, inRoot } from "./places.mjs";
import { runNpm } from "./run.mjs";
import { keepSaying, say, ScriptError, seconds } from "./say.mjs";

const STAMP = path.join(CACHE, "install");

/** Installs the dependencies of package-lock.json, unless node_modules holds just these already. */
export async function ensureInstall() {
  if (await isInstalled()) return;
  await withLock(async () => {
    if (await isInstalled()) return;
    const startedAtMs = Date.now();
    say("Installing dependencies (npm ci); the first time takes about half a minute");
    const stopSaying = keepSaying("  still installing");
    const { code } = await runNpm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).finally(stopSaying);
    if (code !== 0) {
      throw new ScriptError(
        `The dependencies could not be installed (npm ci ended with ${code}); npm says why above. Try again with: npm ci`,
      );
    }
    await writeStamp(await wantedStamp());
    say(`Installed in ${seconds(startedAtMs)}`);
  });
}

async function isInstalled() {
  const wanted = await wantedStamp();
  if ((await readFile(STAMP, "utf8").catch(() => "")) === wanted) return true;
  if (!(await matchesLockfile())) return false;
  await writeStamp(wanted);
  return true;
}

/** Native modules differ by platform, so a folder shared between two machines installs for each. */
async function wantedStamp() {
  const hash = createHash("sha256").update(await readFile(inRoot("package-lock.json")));
  return `${hash.digest("hex")} ${process.platform}-${process.arch}\n`;
}

async function writeStamp(stamp) {
  await mkdir(CACHE, { recursive: true });
  await writeFile(STAMP, stamp);
}

/** True when someone ran npm by hand: npm leaves a list of what it installed, written at the very end. */
async function matchesLockfile() {
  const [wanted, installed] = await Promise.all(
    [inRoot("package-lock.json"), inRoot("node_modules", ".package-lock.json")].map(readPackages),
  );
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([place, entry]) => {
    if (place === "" || !place.includes("node_modules/")) return true;
    const found = installed[place];
    return found ? found.version === entry.version : entry.optional === true || entry.peer === true;
  });
}

async function readPackages(file) {
  try {
    return JSON.parse(await readFile(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}
