import { useEffect, useRef, useState } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Button, Text } from "@mantine/core";
import type { ConsoleEntry } from "./use-log.js";
import classes from "./console.module.css";

/** How near to the end counts as being at it, in pixels. */
const END_MARGIN = 24;

/** Only the lines in view are in the page. Stays at the end as lines come, until one scrolls up. */
export function ConsoleLines({ entries }: { entries: readonly ConsoleEntry[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const virtualizer = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    overscan: 20,
    getItemKey: (index) => entries[index]?.key ?? index,
  });
  const last = entries.at(-1)?.key;

  useEffect(() => {
    if (isAtEnd && entries.length > 0) virtualizer.scrollToIndex(entries.length - 1, { align: "end" });
  }, [last, entries.length, isAtEnd, virtualizer]);

  return (
    <div className={classes["frame"]}>
      <div
        ref={scroller}
        className={classes["lines"]}
        role="log"
        aria-label="Lines of the server"
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
          setIsAtEnd(scrollHeight - scrollTop - clientHeight < END_MARGIN)
        }
      >
        {entries.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            No lines yet.
          </Text>
        )}
        <div style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
          {virtualizer.getVirtualItems().map((item) => {
            const entry = entries[item.index];
            return (
              entry && (
                <div
                  key={item.key}
                  ref={virtualizer.measureElement}
                  data-index={item.index}
                  className={classes["row"]}
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <ConsoleRow entry={entry} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {!isAtEnd && (
        <Button size="compact-xs" className={classes["toEnd"] ?? ""} onClick={() => setIsAtEnd(true)}>
          To the newest line
        </Button>
      )}
    </div>
  );
}

function ConsoleRow({ entry }: { entry: ConsoleEntry }) {
  if (entry.kind !== "line") {
    return (
      <div className={classes[entry.kind]}>{entry.kind === "command" ? `› ${entry.text}` : entry.text}</div>
    );
  }
  const { atMs, level, text, origin } = entry.line;
  const time = new Date(atMs);
  return (
    <div className={classes["line"]} data-level={level.toLowerCase()} data-origin={origin}>
      <time dateTime={time.toISOString()} className={classes["time"]}>
        {time.toLocaleTimeString()}
      </time>
      <span className={classes["level"]}>{level}</span>
      <span className={classes["text"]}>{text}</span>
    </div>
  );
}
