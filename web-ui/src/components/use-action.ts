import { useCallback, useState } from "react";

/** Runs something that takes a while, with its state for buttons and its error for an alert. */
export function useAction(): {
  busy: boolean;
  error: unknown;
  run: (action: () => Promise<unknown>) => void;
  clear: () => void;
} {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const run = useCallback((action: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    action()
      .catch((thrown: unknown) => setError(thrown))
      .finally(() => setBusy(false));
  }, []);
  const clear = useCallback(() => setError(undefined), []);
  return { busy, error, run, clear };
}
