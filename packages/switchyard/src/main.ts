#!/usr/bin/env node
// The variable is for the test of this check.
const version = process.env["SWITCHYARD_PRETEND_NODE_VERSION"] ?? process.versions.node;
const [major = 0, minor = 0] = version.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `Node.js ${version} is too old; Switchyard needs 20.19 or newer. Get it from https://nodejs.org/\n`,
  );
  process.exit(8);
}

const { runSwitchyard } = await import("./command-line.js");
// Explicit, because an IPC channel to the program that started this one would keep the process alive.
process.exit(await runSwitchyard(process.argv.slice(2)));
