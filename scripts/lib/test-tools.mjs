import { accessSync, constants } from "node:fs";
import path from "node:path";
import { run } from "./run.mjs";
import { say } from "./say.mjs";

/** What some suites need besides npm packages: the commands that will do, and the Debian package that has them. */
const TOOLS = [
  {
    name: "browser",
    commands: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    debian: "chromium",
    suites: "the tests of the web panel in a browser",
  },
  {
    name: "lua",
    commands: ["lua5.2"],
    debian: "lua5.2",
    suites: "the tests of Lua modules, and the simulator against stock Lua",
  },
  { name: "luacheck", commands: ["luacheck"], debian: "lua-check", suites: "the check of Lua sources" },
];

/**
 * Finds the tools, installs what is missing where that is allowed (Debian, as root), and names what stays out.
 * Answers the paths that were found and the environment for tests: SWITCHYARD_SKIP lists what is missing.
 */
export async function ensureTestTools() {
  const missing = TOOLS.filter((tool) => !find(tool));
  const reason = missing.length > 0 ? await installDebian(missing) : undefined;
  const found = Object.fromEntries(TOOLS.map((tool) => [tool.name, find(tool)]));
  const left = TOOLS.filter((tool) => !found[tool.name]);
  for (const tool of left) {
    say(
      `Left out: ${tool.suites}. ${tool.commands[0]} is not installed (${reason}); on Debian: apt-get install ${tool.debian}`,
    );
  }
  const env = { SWITCHYARD_SKIP: left.map((tool) => tool.name).join(",") };
  if (found.browser) env.CHROMIUM = found.browser;
  return { found, env };
}

/** Answers why the packages are still missing, for people. */
async function installDebian(tools) {
  if (!onPath("apt-get")) return "this system has no apt-get";
  if (process.getuid?.() !== 0) return "only root may install it";
  const packages = tools.map((tool) => tool.debian);
  say(`Installing Debian packages: ${packages.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const options = ["-o", "DPkg::Lock::Timeout=180", "-o", "Acquire::Retries=2"];
  const update = await run("apt-get", [...options, "update"], { capture: true, env });
  // One by one: a package that this release does not have must not keep the others away.
  let output = update.code === 0 ? "" : update.output;
  for (const name of packages) {
    const { code, output: text } = await run(
      "apt-get",
      [...options, "install", "-y", "--no-install-recommends", name],
      {
        capture: true,
        env,
      },
    );
    if (code !== 0) output += text;
  }
  return `apt-get failed: ${lastLine(output)}`;
}

function find(tool) {
  return tool.commands.map(onPath).find((file) => file !== undefined);
}

function onPath(command) {
  const names = process.platform === "win32" ? [`${command}.exe`] : [command];
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    for (const name of names) {
      const file = path.join(folder, name);
      if (isExecutable(file)) return file;
    }
  }
  return undefined;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function lastLine(text) {
  return text.trim().split("\n").at(-1) ?? "";
}
