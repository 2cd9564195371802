import { FactorioError } from "../errors.js";
import type { RconClient } from "../rcon/rcon-client.js";
import { withinMs } from "./game-process.js";

export interface StopTarget {
  rcon: RconClient;
  exited: Promise<unknown>;
  /** The game said "Quitting": it is saving and must not be disturbed (what a second signal does then is not known). */
  hasQuit(): boolean;
  signal(signal: "SIGINT" | "SIGTERM"): void;
  kill(): void;
}

/** Shares of the whole time; what is left is waited out before the kill while the game is saving. */
const QUIT_SHARE = 0.5;
const SIGINT_SHARE = 0.75;
const SIGTERM_SHARE = 0.9;

/**
 * Ends a server: `/quit` over RCON, SIGINT, SIGTERM, SIGKILL, each when the one before had no effect in its share of the time.
 * Once the game says that it quits it gets all the time there is, since a large map takes minutes to save. Resolves when it
 * has exited, with true when it had to be killed.
 *
 * Windows has no gentle signals: there it is `/quit`, for which RCON is waited for during a start, or the kill.
 */
export async function stopServer(target: StopTarget, timeoutMs: number): Promise<boolean> {
  const started = performance.now();
  const gone = (share: number): Promise<boolean> =>
    withinMs(target.exited, Math.max(0, started + timeoutMs * share - performance.now()));
  const isWindows = process.platform === "win32";
  if (target.rcon.connected || isWindows) {
    const share = isWindows ? SIGTERM_SHARE : QUIT_SHARE;
    const refused = quit(target.rcon, timeoutMs * share);
    if (await Promise.race([gone(share), refused.then(() => false)])) return false;
  }
  if (!isWindows) {
    if (!target.hasQuit()) target.signal("SIGINT");
    if (await gone(SIGINT_SHARE)) return false;
    if (!target.hasQuit()) target.signal("SIGTERM");
    if (await gone(SIGTERM_SHARE)) return false;
  }
  if (target.hasQuit() && (await gone(1))) return false;
  target.kill();
  await target.exited;
  return true;
}

/** Resolves only when the game cannot have seen the command; a connection that closes is how a quitting game answers. */
async function quit(rcon: RconClient, timeoutMs: number): Promise<void> {
  const never = new Promise<void>(() => undefined);
  try {
    if (!rcon.connected && !(await withinMs(rcon.ready(), timeoutMs))) return;
    await rcon.send("/quit", { lane: "urgent", timeoutMs });
  } catch (error) {
    if (error instanceof FactorioError && error.detail["sent"] === false) return;
  }
  return never;
}
