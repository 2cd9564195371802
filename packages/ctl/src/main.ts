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

const [{ runCtl }, { processIo }] = await Promise.all([import("./command-line.js"), import("./io.js")]);

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => (interrupted.signal.aborted ? process.exit(130) : interrupted.abort()));
}
// A reader that had enough (`switchyardctl instance log x | head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 8));

process.exitCode = await runCtl(process.argv.slice(2), processIo(interrupted.signal));
