import { useCallback, useEffect, useRef, useState } from "react";
import { FollowLog, instanceAddress, LogLines, UnfollowLog, type LogLine } from "@switchyard/protocol";
import { useCluster } from "../../cluster/cluster-context.js";
import { useObservable } from "../../cluster/observable.js";

const MAX_LINES = 5000;
const FIRST_LINES = 500;

/** A line of the server, or something that was typed here and what came back. */
export type ConsoleEntry =
  | { kind: "line"; key: string; line: LogLine }
  | { kind: "command" | "reply" | "error" | "gap"; key: string; text: string };

/** Follows an instance's log; keeps the newest 5,000 entries. `add` puts in what was typed here. */
export function useLog(instanceId: string): {
  entries: readonly ConsoleEntry[];
  error: unknown;
  add: (kind: "command" | "reply" | "error", text: string) => void;
} {
  const dispatcher = useObservable(useCluster().dispatcher);
  const [entries, setEntries] = useState<readonly ConsoleEntry[]>([]);
  const [error, setError] = useState<unknown>(undefined);
  const lastNumber = useRef(0);
  const keys = useRef(0);

  const append = useCallback((more: ConsoleEntry[]) => {
    if (more.length > 0) setEntries((before) => [...before, ...more].slice(-MAX_LINES));
  }, []);
  const add = useCallback(
    (kind: "command" | "reply" | "error", text: string) =>
      append([{ kind, key: `own-${(keys.current += 1)}`, text }]),
    [append],
  );

  useEffect(() => {
    if (!dispatcher) return;
    const address = instanceAddress(instanceId);
    let isCurrent = true;
    const take = (lines: readonly LogLine[], skipped: number) => {
      if (!isCurrent) return;
      const fresh = lines.filter((line) => line.number > lastNumber.current);
      lastNumber.current = fresh.at(-1)?.number ?? lastNumber.current;
      const gap: ConsoleEntry[] =
        skipped > 0
          ? [{ kind: "gap", key: `gap-${(keys.current += 1)}`, text: `${skipped} lines were left out` }]
          : [];
      append([
        ...gap,
        ...fresh.map((line): ConsoleEntry => ({
          kind: "line",
          key: `line-${line.number}-${line.atMs}`,
          line,
        })),
      ]);
    };
    const stopListening = dispatcher.on(LogLines, ({ lines, skipped }, { source }) => {
      if (source === address) take(lines, skipped);
    });
    dispatcher
      .request(FollowLog, { tail: FIRST_LINES }, { to: address })
      .then(({ lines }) => {
        // A host that was restarted counts from 1 again.
        if ((lines.at(-1)?.number ?? 0) < lastNumber.current) lastNumber.current = 0;
        take(lines, 0);
        setError(undefined);
      })
      .catch((thrown: unknown) => {
        if (isCurrent) setError(thrown);
      });
    return () => {
      isCurrent = false;
      stopListening();
      dispatcher.request(UnfollowLog, {}, { to: address }).catch(() => undefined);
    };
  }, [dispatcher, instanceId, append]);

  useEffect(
    () => () => {
      lastNumber.current = 0;
      setEntries([]);
    },
    [instanceId],
  );

  return { entries, error, add };
}
