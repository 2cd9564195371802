import { useEffect, useState } from "react";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];
const format = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** "2 minutes ago", kept up to date; the exact time on hover. */
export function RelativeTime({ atMs }: { atMs: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  const passed = Math.min(0, atMs - now);
  const [unit, size] = UNITS.find(([, unitMs]) => -passed >= unitMs) ?? ["second", 1000];
  const date = new Date(atMs);
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {format.format(Math.round(passed / size), unit)}
    </time>
  );
}
