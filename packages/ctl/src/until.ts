import type { CommandContext } from "./command.js";
import type { ControlConnection } from "./connection.js";

/**
 * For commands that run until Ctrl-C, which is then their good end. `begin` gets a function that ends the command
 * with an error, and answers what to do at the end.
 */
export async function untilInterrupted(
  context: CommandContext,
  connection: ControlConnection,
  begin: (fail: (error: unknown) => void) => Promise<() => void>,
): Promise<void> {
  const { signal } = context.io;
  let stop: (() => void) | undefined;
  const interrupted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  const broken = new Promise<never>((_, reject) => {
    connection.failed().catch(reject);
    begin(reject).then((finish) => void interrupted.then(finish), reject);
  });
  try {
    await Promise.race([interrupted, broken]);
  } finally {
    stop?.();
  }
}
