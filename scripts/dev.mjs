import { spawn } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { once } from "node:events";
import { ensureBuild } from "./lib/ensure-build.mjs";
import { ensureInstall } from "./lib/ensure-install.mjs";
import { foldersIn } from "./lib/files.mjs";
import { inRoot, ROOT, toolFile } from "./lib/places.mjs";
import { runScript, say } from "./lib/say.mjs";

/** A compile touches many files; the cluster restarts when it has been quiet for this long. */
const QUIET_MS = 700;

await runScript(async () => {
  await ensureInstall();
  await ensureBuild();
  const stop = onceStopped();
  const tools = startTools();
  const cluster = startCluster();
  const watchers = await watchBuilds(() => cluster.restart());
  say("Compiling, the web panel and the cluster follow your changes; Ctrl-C stops them");
  await stop;
  for (const watcher of watchers) watcher.close();
  await Promise.all([...tools.map(end), cluster.end()]);
});

function onceStopped() {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, resolve);
  });
}

function startTools() {
  const tools = [start([toolFile("tsc"), "-b", "--watch", "--preserveWatchOutput"], ROOT)];
  if (existsSync(inRoot("web-ui", "index.html"))) tools.push(start([toolFile("vite")], inRoot("web-ui")));
  return tools;
}

function startCluster() {
  const args = [inRoot("packages", "switchyard", "dist", "main.js"), "up", ...process.argv.slice(2)];
  let child = start(args, ROOT);
  let ended = false;
  let restarting = Promise.resolve();
  const restart = async () => {
    if (ended) return;
    say("Restarting the cluster");
    await end(child);
    if (!ended) child = start(args, ROOT);
  };
  return {
    restart: () => (restarting = restarting.then(restart)),
    end: () => ((ended = true), restarting.then(() => end(child))),
  };
}

/** Each in a group of its own, so that Ctrl-C reaches it once, from us. */
function start(args, cwd) {
  return spawn(process.execPath, args, {
    cwd,
    stdio: ["ignore", "inherit", "inherit"],
    detached: process.platform !== "win32",
  });
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGINT");
  await once(child, "exit");
}

async function watchBuilds(changed) {
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(changed, QUIET_MS);
  };
  const folders = (await foldersIn("packages"))
    .map((name) => inRoot("packages", name, "dist"))
    .filter((name) => existsSync(name));
  folders.push(inRoot("plugins"));
  return folders.map((folder) =>
    watch(folder, { recursive: true }, (_event, file) => {
      if (file && /\.(js|lua)$/.test(file) && !/\.test\.js$/.test(file)) later();
    }),
  );
}
