/**
 * The name of an instance's folder: its id, then what of its name every file system takes. Names are free text,
 * so nothing but ASCII letters and digits is kept.
 */
export function instanceDirectoryName(id: string, name: string): string {
  const slug = name
    .normalize("NFKD")
    .replace(/\p{Mark}+/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  return slug === "" ? id : `${id}-${slug}`;
}

/** A moment that may stand in a file name on every platform, in UTC: 2026-01-31_23-59-59-999. */
export function fileTimestamp(date: Date): string {
  return date.toISOString().replace("T", "_").replace("Z", "").replace(/[:.]/g, "-");
}
