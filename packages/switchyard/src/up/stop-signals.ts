/** One Ctrl-C may come more than once: from the terminal to the whole group, and passed on by npm. */
const SAME_SIGNAL_MS = 1000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface StopSignals {
  /** Aborts at the first signal, or when the program that started this one has closed its channel. */
  readonly asked: AbortSignal;
  dispose(): void;
}

/** `onForced` is called when a second signal shows that the person does not want to wait. */
export function listenForStop(onForced: () => void): StopSignals {
  const asked = new AbortController();
  let firstAtMs = 0;
  const onSignal = () => {
    const nowMs = performance.now();
    if (!asked.signal.aborted) {
      firstAtMs = nowMs;
      asked.abort();
    } else if (nowMs - firstAtMs > SAME_SIGNAL_MS) onForced();
  };
  const onDisconnect = () => asked.abort();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on("disconnect", onDisconnect);
  return {
    asked: asked.signal,
    dispose: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.off("disconnect", onDisconnect);
    },
  };
}
