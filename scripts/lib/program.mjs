import { spawn } from "node:child_process";
import { exitCodeOf } from "./run.mjs";
import { ScriptError } from "./say.mjs";

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP"];
/** One Ctrl-C comes more than once: the terminal sends it to the whole group, and npm passes it on again. */
const SAME_SIGNAL_MS = 1000;

/**
 * Runs a JavaScript program in the foreground, with our input and output, until it ends; answers its exit code.
 * The program gets a process group of its own, so that a signal reaches it once and it can stop in good order; a
 * second signal, a second later, is passed on too. The IPC channel tells it when this process was killed.
 */
export function runProgram(args, { env = {}, cwd = process.cwd() } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      // On Windows this would open a console window of its own, and Ctrl-C reaches every process of the console anyway.
      detached: process.platform !== "win32",
    });
    const stopForwarding = forwardSignals(child);
    child.once("error", (error) => {
      stopForwarding();
      reject(new ScriptError(`${args[0]} could not be started: ${error.message}`));
    });
    child.once("exit", (code, signal) => {
      stopForwarding();
      resolve(exitCodeOf(code, signal));
    });
  });
}

function forwardSignals(child) {
  let lastAtMs = -Infinity;
  const forward = (signal) => {
    const nowMs = performance.now();
    if (nowMs - lastAtMs < SAME_SIGNAL_MS) return;
    lastAtMs = nowMs;
    if (process.platform !== "win32") child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return () => FORWARDED.forEach((signal) => process.removeListener(signal, forward));
}
