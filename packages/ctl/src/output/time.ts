const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** `3 min`, in the largest unit that fits; `now` below a second. */
export function duration(ms: number): string {
  for (const [unit, size] of UNITS) {
    if (ms >= size) return `${Math.floor(ms / size)} ${unit}`;
  }
  return "now";
}

/** `3 min ago`, `in 14 min`, `now`. */
export function relativeTime(atMs: number, nowMs: number): string {
  const text = duration(Math.abs(nowMs - atMs));
  if (text === "now") return text;
  return atMs <= nowMs ? `${text} ago` : `in ${text}`;
}

/** Local clock time, as people read logs. */
export function clockTime(atMs: number): string {
  const at = new Date(atMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}

export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
