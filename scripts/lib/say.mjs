/** An expected failure: the message is for people, no stack is shown. */
export class ScriptError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Progress for people. Always stderr: stdout belongs to the program that a script runs. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

export function seconds(sinceMs) {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;
}

/** Says that work is still going on, every ten seconds; call the answer to stop. */
export function keepSaying(text) {
  const startedAtMs = Date.now();
  const timer = setInterval(
    () => say(`${text} (${Math.round((Date.now() - startedAtMs) / 1000)} s)`),
    10_000,
  );
  timer.unref();
  return () => clearInterval(timer);
}

/** Runs a script's body and turns what it throws into text and exit code. */
export async function runScript(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    say(error instanceof ScriptError ? error.message : String(error?.stack ?? error));
    process.exitCode = error instanceof ScriptError ? error.exitCode : 1;
  }
}
