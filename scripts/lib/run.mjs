import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ROOT } from "./places.mjs";
import { ScriptError } from "./say.mjs";

/**
 * Runs a command to its end. Answers its exit code (128 + number for a signal) and, with `capture`, what it wrote.
 * Without `capture` its stdout goes to our stderr, because progress must not mix with a program's output.
 */
export function run(command, args, options = {}) {
  const { capture = false, cwd = ROOT, env = {}, shell = false, stdout = process.stderr } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      shell,
      env: { ...process.env, ...env },
      stdio: capture ? ["ignore", "pipe", "pipe"] : ["ignore", stdout, "inherit"],
    });
    let output = "";
    for (const stream of capture ? [child.stdout, child.stderr] : []) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => (output += text));
    }
    child.once("error", (error) =>
      reject(new ScriptError(`${command} could not be started: ${error.message}`)),
    );
    child.once("close", (code, signal) => resolve({ code: exitCodeOf(code, signal), output }));
  });
}

/** Runs a JavaScript file with this same Node.js. */
export function runNode(args, options) {
  return run(process.execPath, args, options);
}

export function exitCodeOf(code, signal) {
  return code ?? 128 + (constants.signals[signal] ?? 0);
}

/** npm as it was started, or the one on the PATH; on Windows that one is a batch file and needs a shell. */
export function runNpm(args, options) {
  const started = process.env.npm_execpath;
  if (started && /npm-cli\.c?js$/.test(started)) return runNode([started, ...args], options);
  return run("npm", args, { ...options, shell: process.platform === "win32" });
}
